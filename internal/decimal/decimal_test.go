package decimal_test

import (
	"flag"
	"io"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"loadlab/internal/decimal"
)

// foreign are texts that Go or another language reads as numbers.
var foreign = []string{
	"", " 1", "1 ", "+1", "0x10", "0X1p4", "0b1", "0o7", "1_000", "1e3", "1E3", "Inf", "inf", "-Inf", "+Infinity", "NaN", "nan",
	"1.", ".5", "-.5", "-", "--1", "1,5", "1.5.2", "１", "1k", "1f", "'1'",
}

func TestIntAndFloat(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-0": 0, "7": 7, "-7": -7, "010": 10, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64} {
		if got, err := decimal.Int(text); got != want || err != nil {
			t.Errorf("Int(%q) = %d, %v", text, got, err)
		}
	}
	for text, want := range map[string]float64{"0": 0, "7": 7, "-7.25": -7.25, "0.5": 0.5, "007.10": 7.1} {
		if got, err := decimal.Float(text); got != want || err != nil {
			t.Errorf("Float(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range append(foreign, "9223372036854775808", "1.0") {
		if got, err := decimal.Int(text); err == nil {
			t.Errorf("Int(%q) = %d", text, got)
		}
	}
	for _, text := range append(foreign, strings.Repeat("9", 400)) {
		if got, err := decimal.Float(text); err == nil {
			t.Errorf("Float(%q) = %v", text, got)
		}
	}
}

func TestScientific(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "-7.25": -7.25, "1e6": 1e6, "1.5e-3": 0.0015} {
		if got, err := decimal.Scientific(text); got != want || err != nil {
			t.Errorf("Scientific(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "e", "1e", "e3", "1e0x3", "1e1_0", "0x1e3", "1_0e3", "Inf", "NaN", "1e400", ".5e1", "+1e3", "1e3.5", "1e3e3"} {
		if got, err := decimal.Scientific(text); err == nil {
			t.Errorf("Scientific(%q) = %v", text, got)
		}
	}
}

func TestBool(t *testing.T) {
	for _, text := range []string{"true", "false"} {
		if got, err := decimal.Bool(text); got != (text == "true") || err != nil {
			t.Errorf("Bool(%q) = %t, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "0", "t", "T", "f", "F", "TRUE", "True", "FALSE", "yes", "on", " true"} {
		if _, err := decimal.Bool(text); err == nil {
			t.Errorf("Bool(%q) is accepted", text)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "250ms": 250 * time.Millisecond, "1m30s": 90 * time.Second, "1.5h": 90 * time.Minute, "-2s": -2 * time.Second,
		"3us": 3 * time.Microsecond, "3µs": 3 * time.Microsecond, "1h0m0.5s": time.Hour + 500*time.Millisecond,
	} {
		if got, err := decimal.Duration(text); got != want || err != nil {
			t.Errorf("Duration(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "+5s", ".5s", "5.s", "-.5s", "1m.5s", "1m+5s", "1e3s", "0x5s", "1_0s", "Infs", "5 s", "5S", "9999999999h"} {
		if got, err := decimal.Duration(text); err == nil {
			t.Errorf("Duration(%q) = %v", text, got)
		}
	}
}

func TestJSONInt(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "0.0": 0, "0e999999999999": 0, "5.0": 5, "1e3": 1000, "1E+3": 1000, "-1.5e1": -15, "1200e-2": 12, "100.00": 100,
		"9.223372036854775807e18": math.MaxInt64,
	} {
		if got, err := decimal.JSONInt(text); got != want || err != nil {
			t.Errorf("JSONInt(%q) = %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"0.5", "1e-1", "1000.0000000000000001", "0.99999999999999999999", "1e19", "1e999999999999", "1e-999999999999", "9223372036854775808"} {
		if got, err := decimal.JSONInt(text); err == nil {
			t.Errorf("JSONInt(%q) = %d", text, got)
		}
	}
}

// The oracle is arithmetic without rounding.
func FuzzJSONInt(f *testing.F) {
	f.Add("12.50e1")
	f.Add("-1e0")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 12 { // keeps the exponents small
			return
		}
		for _, c := range text {
			if c == '_' || c == '/' || c == '+' || c == 'x' || c == 'p' || c == 'P' || c == 'b' || c == 'o' {
				return // of the notation of package big
			}
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok || text[0] == '.' {
			return
		}
		got, err := decimal.JSONInt(text)
		if whole := exact.IsInt() && exact.Num().IsInt64(); whole != (err == nil) || whole && exact.Num().Int64() != got {
			t.Errorf("JSONInt(%q) = %d, %v; it is %v", text, got, err, exact)
		}
	})
}

func TestFlags(t *testing.T) {
	var n int
	var seed uint64
	var rate float64
	var d time.Duration
	newFlags := func() *flag.FlagSet {
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		flags.IntVar(&n, "n", 1, "a number")
		flags.Uint64Var(&seed, "seed", 1, "a number")
		flags.Float64Var(&rate, "rate", 1, "a number")
		flags.DurationVar(&d, "d", 0, "a duration")
		flags.Bool("on", false, "a switch")
		decimal.Flags(flags)
		return flags
	}
	if err := newFlags().Parse([]string{"-n", "010", "-seed=18446744073709551615", "-rate", "2.5", "-d", "3s", "-on"}); err != nil || n != 10 || seed != math.MaxUint64 || rate != 2.5 || d != 3*time.Second {
		t.Errorf("%d, %d, %v, %v, %v", n, seed, rate, d, err)
	}
	if err := newFlags().Parse([]string{"-n=-012", "-rate=-0.5"}); err != nil || n != -12 || rate != -0.5 {
		t.Errorf("%d, %v, %v", n, rate, err)
	}
	for _, arg := range []string{"-n=0x10", "-n=1_0", "-n=+1", "-seed=0x10", "-seed=1_0", "-rate=1e3", "-rate=Inf", "-rate=0x1p4", "-d=+5s", "-d=.5s", "-n=010x"} {
		if err := newFlags().Parse([]string{arg}); err == nil {
			t.Errorf("%s is accepted", arg)
		}
	}
	var help strings.Builder
	flags := newFlags()
	flags.SetOutput(&help)
	if flags.PrintDefaults(); strings.Contains(help.String(), "panic") || !strings.Contains(help.String(), "(default 1)") {
		t.Errorf("help: %s", help.String())
	}
}
