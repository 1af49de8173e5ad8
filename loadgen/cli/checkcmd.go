package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/check"
)

// schemaFlag makes check print the schema of scenario files.
const schemaFlag = "--schema"

// check names every fault of scenario files.
func (c Command) check(args []string) int {
	if len(args) == 1 && args[0] == schemaFlag {
		schema, err := Schema()
		if err == nil {
			_, err = fmt.Fprintf(c.Stdout, "%s\n", schema)
		}
		return c.fail(err)
	}
	if len(args) == 0 || slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") }) {
		return c.fail(&env.Error{Problems: []env.Problem{{Variable: "check", Value: strings.Join(args, " "), Reason: "needs scenario files, or " + schemaFlag + " alone"}}})
	}
	code := exitcode.Pass
	for _, path := range args {
		faults, err := c.faults(path)
		if err != nil {
			return c.fail(err)
		}
		for _, f := range faults {
			fmt.Fprintf(c.Stderr, "%s:%d:%d: %s\n", path, f.Line, f.Column, f.Reason)
			code = exitcode.Usage
		}
		if len(faults) == 0 {
			fmt.Fprintf(c.Stdout, "%s: no fault\n", path)
		}
	}
	return code
}

// Schema is the JSON Schema of scenario files.
func Schema() ([]byte, error) {
	vars, err := fileVariables()
	if err != nil {
		return nil, err
	}
	return check.Schema(vars)
}

// fileVariables are those that a scenario file may set, by their flags, former names included.
func fileVariables() (map[string]env.Var, error) {
	vars, err := declared()
	if err != nil {
		return nil, err
	}
	byName := map[string]env.Var{}
	for _, v := range vars {
		byName[v.Name] = v
	}
	variables := map[string]env.Var{}
	for flag, name := range byFlag(vars) {
		v, known := byName[name]
		if !known { // a former name
			for today, former := range formerNames {
				if former == name {
					v = byName[today]
				}
			}
		}
		variables[flag] = v
	}
	return variables, nil
}

// faults are those of one file: what is wrong at a place, then, if nothing is, what is wrong with the whole.
func (c Command) faults(path string) ([]check.Fault, error) {
	variables, err := fileVariables()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &env.Error{Problems: []env.Problem{{Variable: "check", Value: path, Reason: err.Error()}}}
	}
	src := source{flags: map[string]string{"LOADGEN_SCENARIO": path}, getenv: c.allowedHosts, bodies: &bodies{stdin: c.Stdin}}
	file := check.Read(data, slices.Sorted(maps.Keys(variables)), src.bodies.read)
	if len(file.Faults) > 0 {
		src.file = map[string]string{}
		for flag, value := range file.Defaults {
			src.file["LOADGEN_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))] = value
		}
		var s Settings
		addDefaults(file, env.Parse(src.get, &s))
		return file.Faults, nil
	}
	_, cfg, _, err := load(&src)
	if len(cfg.Plan.Phases) > 0 {
		if err := cfg.Check(); err != nil {
			file.AddPlan(err)
		}
	}
	addDefaults(file, err)
	return file.Faults, nil
}

// addDefaults adds the problems with variables to the faults of a file.
func addDefaults(file *check.File, err error) {
	var wrong *env.Error
	if !errors.As(err, &wrong) {
		return
	}
	for _, p := range wrong.Problems {
		if p.Variable != "LOADGEN_SCENARIO" || len(file.Faults) == 0 { // else they are those of the plan
			file.AddDefault(flagName(p.Variable), fmt.Sprintf("%q: %s", p.Value, p.Reason))
		}
	}
}

// allowedHosts is the only variable of the environment on which the faults of a file depend.
func (c Command) allowedHosts(name string) string {
	if name == "LOADGEN_ALLOWED_HOSTS" {
		return c.Getenv(name)
	}
	return ""
}
