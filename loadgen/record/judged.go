package record

// judged counts the responses whose outcome is another than the one by their status, because a check has decided it.
type judged map[statusOutcome]uint64

type statusOutcome struct {
	status  int
	outcome Outcome
}

// byStatus is the outcome of a whole response without checks.
func byStatus(status int) Outcome {
	if status >= 400 {
		return HTTPError
	}
	return OK
}

func (j *judged) add(status int, outcome Outcome, n uint64) {
	if *j == nil {
		*j = judged{}
	}
	(*j)[statusOutcome{status, outcome}] += n
}

func (j *judged) merge(other judged) {
	for key, n := range other {
		j.add(key.status, key.outcome, n)
	}
}

// of is the number of responses with the status that were judged.
func (j judged) of(status int) (n uint64) {
	for key, count := range j {
		if key.status == status {
			n += count
		}
	}
	return n
}
