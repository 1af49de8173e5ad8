// Package send gives jobs to connections, with a queue for each host.
//
// A Sender has one Shard a core. A job that is submitted to a shard is sent at once on a
// connection that is free, or on a new one, or waits for one. When its response has ended, the
// result is recorded and the connection gets the next job.
package send

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"loadlab/loadgen/clock"
	"loadlab/loadgen/connection"
	"loadlab/loadgen/record"
	"loadlab/loadgen/route"
)

// Config is what a sender needs. Its functions are called by many goroutines.
type Config struct {
	Shards  int
	Hosts   int // Endpoint.Host is below
	Targets int // Endpoint.Index is below
	// TraceRatio is the share of requests whose trace is sampled, from 0 to 1.
	TraceRatio float64
	KeepAlive  bool
	// ConnectTimeout bounds the connecting of endpoints with Std; 0 means no limit.
	ConnectTimeout time.Duration
	// Route opens the connections; nil means to the addresses of the URLs. One with a Unix socket
	// needs Std of every endpoint.
	Route *route.Router

	// Created gets the name of each resource that a response says it has created.
	Created func(name string)
	// Redirects are followed by endpoints with Std.
	Redirects connection.Redirects
	// Follow sets next to the job that follows one of the user that has ended, and reports whether one does. The
	// shard is locked.
	Follow func(s *Shard, user *User, outcome record.Outcome, now int64, next *Job) bool
	// Dropped is called after a job was dropped before the end of the run. The shard is locked.
	Dropped func(s *Shard)
	// Ended gets each job that was sent and has ended; nil if that is of no interest.
	Ended func(Job, record.Result)
}

// A Sender sends the jobs of a run.
type Sender struct {
	Shards []*Shard

	cfg       Config
	clock     *clock.Clock
	limit     limit
	quiet     quiet
	transport *connection.Transport
	alive     context.Context // ends the connecting of every worker
	end       context.CancelFunc
	running   sync.WaitGroup // workers
}

// New returns a sender whose times are those of the clock.
func New(cfg Config, clock *clock.Clock) *Sender {
	s := &Sender{cfg: cfg, clock: clock, quiet: make(quiet, 1), transport: connection.NewTransport(cfg.ConnectTimeout, cfg.KeepAlive, cfg.Route)}
	s.transport.Follow(cfg.Redirects)
	s.alive, s.end = context.WithCancel(context.Background())
	for i := range cfg.Shards {
		shard := &Shard{Number: i, sender: s}
		shard.locked = locked{
			shard: shard, hosts: make([]pool, cfg.Hosts), sets: NewSets(cfg.Targets),
			random: rand.NewPCG(rand.Uint64(), rand.Uint64()), // ids of traces must differ between runs
		}
		s.Shards = append(s.Shards, shard)
	}
	return s
}

// SetTimeout bounds, from now on, connecting, the service time of a request, and its wait for a
// connection, each.
func (s *Sender) SetTimeout(d time.Duration) { s.limit.set(d) }

// Timeout is the latest SetTimeout.
func (s *Sender) Timeout() time.Duration { return s.limit.get() }

// Expire ends what is past its time limit.
func (s *Sender) Expire() {
	for _, shard := range s.Shards {
		shard.expire(s.clock.Now())
	}
}

// Protocols is the number of responses to endpoints with Std, by protocol, of the warm-up too.
func (s *Sender) Protocols() map[string]uint64 { return s.transport.Protocols() }

// Redirects is the number of redirects that were followed, of the warm-up too.
func (s *Sender) Redirects() uint64 { return s.transport.Followed() }

// Quiet returns a channel that gets a value when a shard has nothing outstanding any more.
func (s *Sender) Quiet() <-chan struct{} { return s.quiet }

// Counts adds the counts of all shards.
func (s *Sender) Counts() Counts {
	now := s.clock.Now()
	var sum Counts
	for _, shard := range s.Shards {
		sum.add(shard.counts(now))
	}
	return sum
}

// Collect calls take with the records that each shard has made since the last call, and empties them
// afterwards. spare are empty sets to record in meanwhile; those that Collect returns can be spare next time.
func (s *Sender) Collect(spare Sets, take func(index int, set *record.Set)) (Sets, Counts) {
	now := s.clock.Now()
	var sum Counts
	for _, shard := range s.Shards {
		full, counts := shard.collect(spare, now)
		for i, set := range full {
			take(i, set)
			set.Reset()
		}
		spare = full
		sum.add(counts)
	}
	return spare, sum
}

// Close drops what still waits and interrupts what is in flight, which ends unfinished. Open ends that.
func (s *Sender) Close() {
	for _, shard := range s.Shards {
		shard.close()
	}
}

// End closes, for good, and returns when every connection has ended.
func (s *Sender) End() {
	s.end()
	s.Close()
	s.running.Wait()
	s.transport.Close()
}
