package env

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteHelp prints vars as a table for a terminal.
func WriteHelp(w io.Writer, vars []Var) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, v := range vars {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", v.Name, orDash(v.Default), v.Describe())
	}
	_ = table.Flush() // an error of w would show in every later write too
}

// Describe joins what the variable does with its unit and what it allows.
func (v Var) Describe() string {
	text := v.Help
	if v.Unit != "" {
		text += ", in " + v.Unit
	}
	if allowed := v.Allowed(); allowed != "" {
		text += " (" + allowed + ")"
	}
	return text
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
