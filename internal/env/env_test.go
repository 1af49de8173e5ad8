package env_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"loadlab/internal/env"
)

type limits struct {
	Concurrency int           `env:"MAX_CONCURRENCY" envDefault:"512" min:"1" max:"1000" unit:"requests" help:"requests at once"`
	Timeout     time.Duration `env:"TIMEOUT" envDefault:"10s" min:"1ms" max:"1h"`
	Ratio       float64       `env:"RATIO" envDefault:"0.01" min:"0" max:"1"`
	Free        float64       `env:"FREE"`
	Blocking    bool          `env:"BLOCKING"`
	Level       string        `env:"LEVEL" envDefault:"info" oneof:"debug|info"`
	Password    string        `env:"PASSWORD" secret:"true" oneof:"a"  envDefault:"a"`
}

func getenv(pairs ...string) env.Getenv {
	return func(name string) string {
		for _, pair := range pairs {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestParseDefaults(t *testing.T) {
	var got limits
	if err := env.Parse(getenv(), &got); err != nil {
		t.Fatal(err)
	}
	want := limits{Concurrency: 512, Timeout: 10 * time.Second, Ratio: 0.01, Level: "info", Password: "a"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseProblems(t *testing.T) {
	for _, row := range []struct {
		name string
		set  string
		want string
	}{
		{"below the minimum", "MAX_CONCURRENCY=0", `MAX_CONCURRENCY="0": too small (allowed: 1 to 1000)`},
		{"above the maximum", "TIMEOUT=2h", `TIMEOUT="2h": too large (allowed: 1ms to 1h)`},
		{"not a number", "MAX_CONCURRENCY=many", `MAX_CONCURRENCY="many": not a whole number in range (allowed: 1 to 1000)`},
		{"overflow", "MAX_CONCURRENCY=99999999999999999999", `MAX_CONCURRENCY="99999999999999999999": not a whole number in range (allowed: 1 to 1000)`},
		{"a duration without unit", "TIMEOUT=5", `TIMEOUT="5": not a duration; write a number with a unit, as in 250ms, 10s or 2m (allowed: 1ms to 1h)`},
		{"NaN within bounds", "RATIO=NaN", `RATIO="NaN": not a number (allowed: 0 to 1)`},
		{"infinity without bounds", "FREE=Inf", `FREE="Inf": not a number`},
		{"hexadecimal", "MAX_CONCURRENCY=0x10", `MAX_CONCURRENCY="0x10": not a whole number in range (allowed: 1 to 1000)`},
		{"underscores", "MAX_CONCURRENCY=1_0", `MAX_CONCURRENCY="1_0": not a whole number in range (allowed: 1 to 1000)`},
		{"a plus", "MAX_CONCURRENCY=+5", `MAX_CONCURRENCY="+5": not a whole number in range (allowed: 1 to 1000)`},
		{"an exponent", "RATIO=1e-1", `RATIO="1e-1": not a number (allowed: 0 to 1)`},
		{"a hexadecimal fraction", "RATIO=0x1p-2", `RATIO="0x1p-2": not a number (allowed: 0 to 1)`},
		{"a truth value in capitals", "BLOCKING=TRUE", `BLOCKING="TRUE": not a truth value; allowed are true and false`},
		{"a truth value as a letter", "BLOCKING=T", `BLOCKING="T": not a truth value; allowed are true and false`},
		{"a truth value as a number", "BLOCKING=1", `BLOCKING="1": not a truth value; allowed are true and false`},
		{"a duration with a plus", "TIMEOUT=+5s", `TIMEOUT="+5s": not a duration; write a number with a unit, as in 250ms, 10s or 2m (allowed: 1ms to 1h)`},
		{"a duration without digits before the point", "TIMEOUT=.5s", `TIMEOUT=".5s": not a duration; write a number with a unit, as in 250ms, 10s or 2m (allowed: 1ms to 1h)`},
		{"not a truth value", "BLOCKING=perhaps", `BLOCKING="perhaps": not a truth value; allowed are true and false`},
		{"not in the set", "LEVEL=loud", `LEVEL="loud": not a value it can take (allowed: one of debug, info)`},
		{"a secret is not repeated", "PASSWORD=hunter2", `PASSWORD: not a value it can take (allowed: one of a)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var cfg limits
			err := env.Parse(getenv(row.set), &cfg)
			if err == nil || err.Error() != row.want {
				t.Errorf("got  %v\nwant %v", err, row.want)
			}
		})
	}
}

func TestParseReportsEveryProblem(t *testing.T) {
	var cfg limits
	err := env.Parse(getenv("RATIO=2", "LEVEL=loud", "TIMEOUT=x"), &cfg)
	var list *env.Error
	if !errors.As(err, &list) || len(list.Problems) != 3 {
		t.Fatalf("got %v, want three problems", err)
	}
}

func TestAVariableIsClaimedOnce(t *testing.T) {
	type other struct {
		Level string `env:"LEVEL"`
	}
	err := env.Parse(getenv(), &limits{}, &other{})
	if err == nil || !strings.Contains(err.Error(), "declared twice: LEVEL") {
		t.Errorf("got %v", err)
	}
}

func TestFieldNamesAreUnambiguous(t *testing.T) {
	type read struct {
		Timeout time.Duration `env:"READ_TIMEOUT"`
	}
	type write struct {
		Timeout time.Duration `env:"WRITE_TIMEOUT"`
	}
	err := env.Parse(getenv(), &struct {
		Read  read
		Write write
	}{})
	if err == nil || !strings.Contains(err.Error(), "named Timeout") {
		t.Errorf("got %v", err)
	}
}

func TestList(t *testing.T) {
	for text, want := range map[string]string{"": "", " ": "", ",": "", "a": "a", " a , b,,c ,": "a|b|c", "a b": "a b"} {
		if got := strings.Join(env.List(text), "|"); got != want {
			t.Errorf("%q is split into %q, want %q", text, got, want)
		}
	}
}

type ordered struct {
	Low  int `env:"LOW" envDefault:"1"`
	High int `env:"HIGH" envDefault:"2"`
}

func (o *ordered) Validate() []env.Problem {
	if o.Low > o.High {
		return []env.Problem{{Variable: "LOW", Reason: "must not exceed HIGH"}}
	}
	return nil
}

func TestValidatorSeesTheWholeStruct(t *testing.T) {
	err := env.Parse(getenv("LOW=3"), &ordered{})
	if err == nil || err.Error() != "LOW: must not exceed HIGH" {
		t.Errorf("got %v", err)
	}
}
