package mixed

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/web/problem"
)

// callees are the services that do the work.
type callees struct {
	io, cpu *outbound.Client
}

// call asks one callee for one piece of work and checks the answer.
type call func(context.Context) (answer, error)

type answer struct {
	outbound.Reply
	computed bool // rather than waited
}

// wait has iobound wait on a timer for d.
func (c *callees) wait(d time.Duration) call {
	return func(ctx context.Context) (answer, error) {
		reply, err := c.io.Get(ctx, "/io/wait", url.Values{"ms": {text(d)}})
		if err != nil {
			return answer{}, err
		}
		var result struct {
			Waited float64 `json:"waited_ms"`
		}
		if err := json.Unmarshal(reply.Result, &result); err != nil || math.Abs(result.Waited-millis(d)) > tolerance {
			return answer{}, wrong(reply, "to have waited "+number(result.Waited)+" ms instead of "+text(d)).Because(err)
		}
		return answer{Reply: reply}, check(reply, "wait", reply.Work.Wait, d)
	}
}

// spin has cpubound burn d of CPU time.
func (c *callees) spin(d time.Duration) call {
	return func(ctx context.Context) (answer, error) {
		reply, err := c.cpu.Get(ctx, "/cpu/spin", url.Values{"ms": {text(d)}})
		if err != nil {
			return answer{}, err
		}
		return answer{Reply: reply, computed: true}, check(reply, "cpu", reply.Work.CPU, d)
	}
}

const (
	tolerance    = 0.01 // of a callee's figures, in milliseconds: they are rounded
	clockDrift   = 1.0  // between two machines over one call, in milliseconds
	maxDriftRate = 0.01 // the same, as a share of the call
)

// check refuses a reply whose split does not add up, claims more time than the
// call took, or reports less work than was asked for.
func check(reply outbound.Reply, part string, spent float64, asked time.Duration) error {
	work, took := reply.Work, millis(reply.Call.Took)
	switch {
	case math.Abs(work.CPU+work.Wait+work.Queue-work.Wall) > tolerance:
		return wrong(reply, fmt.Sprintf("a split that does not add up: cpu %g, wait %g, queue %g, wall %g ms",
			work.CPU, work.Wait, work.Queue, work.Wall))
	case work.Wall > took*(1+maxDriftRate)+clockDrift:
		return wrong(reply, "a wall time of "+number(work.Wall)+" ms in a call of "+number(took)+" ms")
	case spent < millis(asked)-tolerance:
		return wrong(reply, "a "+part+" time of "+number(spent)+" ms where "+text(asked)+" were asked for")
	}
	return nil
}

func wrong(reply outbound.Reply, claim string) *problem.Problem {
	return problem.New(http.StatusBadGateway, "the callee "+reply.Service+" claims "+claim)
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func number(ms float64) string { return strconv.FormatFloat(ms, 'f', -1, 64) }

func text(d time.Duration) string { return number(millis(d)) }
