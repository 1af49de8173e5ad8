package cli

import (
	"loadlab/loadgen/target"
	"loadlab/loadgen/translate"
)

// Sources are the variables of targets that other tools describe.
type Sources struct {
	Curl string `env:"LOADGEN_CURL" value:"LINES" group:"Requests" help:"instead of targets: command lines of curl, one a line, or @file with them"`
	HAR  string `env:"LOADGEN_HAR" value:"FILE" group:"Requests" help:"instead of targets: HTTP archive (.har) of a browser, whose requests are the mix, or the chain"`
}

// variable is the one that is given, empty if none is.
func (s *Sources) variable() string {
	switch {
	case s.Curl != "":
		return "LOADGEN_CURL"
	case s.HAR != "":
		return "LOADGEN_HAR"
	}
	return ""
}

// targets reads them; each says that equal requests are not joined.
func (s *Sources) targets(read target.ReadFile, each bool) ([]target.Target, error) {
	if s.Curl == "" {
		content, err := readWhole(s.HAR, maxArchive)
		if err != nil {
			return nil, err
		}
		return translate.HAR(string(content), each)
	}
	lines := s.Curl
	if lines[0] == '@' {
		var err error
		if lines, err = read(lines[1:]); err != nil {
			return nil, err
		}
	}
	return translate.Curl(lines, read)
}

// maxArchive bounds an HTTP archive, in bytes: it has the responses too.
const maxArchive = 256 << 20
