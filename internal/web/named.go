package web

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"loadlab/internal/env"
	"loadlab/internal/web/input"
	"loadlab/internal/web/problem"
)

// AddNamed registers the routes that the variable ROUTES declares: entries
// "path=target?arguments" separated by semicolons or line ends, where target is
// a work route of this service. A request may override the arguments. Every
// entry that cannot be used is a problem in the returned *env.Error.
func (s *Server) AddNamed(declared string) error {
	var problems []env.Problem
	for _, entry := range strings.FieldsFunc(declared, func(r rune) bool { return r == ';' || r == '\n' }) {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if err := s.addNamed(entry); err != nil {
			problems = append(problems, env.Problem{Variable: "ROUTES", Value: entry, Reason: err.Error()})
		}
	}
	if len(problems) > 0 {
		return &env.Error{Problems: problems}
	}
	return nil
}

func (s *Server) addNamed(entry string) error {
	path, target, ok := strings.Cut(entry, "=")
	if !ok {
		return errors.New("not of the form /path=/target?argument=value")
	}
	path = strings.TrimSpace(path)
	parsed, err := url.Parse(strings.TrimSpace(target))
	if err != nil {
		return fmt.Errorf("the target cannot be read: %w", err)
	}
	work, known := s.works[parsed.Path]
	if len(s.works) == 0 {
		return errors.New("this service has no work routes that could be named")
	}
	if !known || parsed.Host != "" {
		return fmt.Errorf("the target is not a work route of this service; it has %s", strings.Join(s.workPaths(), ", "))
	}
	if err := s.checkNewPath(path, parsed.Path); err != nil {
		return err
	}
	preset, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return fmt.Errorf("the arguments cannot be read: %w", err)
	}
	for name, values := range preset {
		if len(values) > 1 {
			return fmt.Errorf("%s given more than once", name)
		}
	}
	in := input.FromPreset(preset)
	work(in)
	var wrong *problem.Problem
	if errors.As(in.Err(), &wrong) {
		return errors.New(wrong.Detail)
	}
	s.register(path, parsed.Path, work, preset)
	return nil
}

// checkNewPath keeps named routes inside the target's group, where the gateway
// finds them, and off the paths that exist.
func (s *Server) checkNewPath(path, target string) error {
	group := target[:strings.Index(target[1:], "/")+2]
	for _, r := range path {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/", r) {
			return errors.New("the path may have letters, digits, - and _ only")
		}
	}
	if !strings.HasPrefix(path, group) || len(path) == len(group) {
		return fmt.Errorf("the path must begin with %s", group)
	}
	for _, route := range s.echo.Routes() {
		if route.Path == path {
			return errors.New("the path exists already")
		}
	}
	return nil
}

func (s *Server) workPaths() []string {
	paths := make([]string, 0, len(s.works))
	for path := range s.works {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}
