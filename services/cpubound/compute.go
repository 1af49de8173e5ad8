package cpubound

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

type counted struct {
	Below int `json:"below"`
	Count int `json:"count"`
}

// primes counts the primes below a bound with the sieve of Eratosthenes.
func primes(in *input.Reader) web.Do {
	below := in.Int("below", 1_000_000, 2, 50_000_000)

	return func(ctx context.Context, _ *workmeter.Meter) (any, error) {
		composite := make([]bool, below)
		count := 0
		for n := 2; n < below; n++ {
			if n%look == 0 && ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if composite[n] {
				continue
			}
			count++
			if err := strike(ctx, composite, n); err != nil {
				return nil, err
			}
		}
		return counted{Below: below, Count: count}, nil
	}
}

// stretch is how many steps of a tight loop are made between two looks at the
// context.
const stretch = 1 << 16

// strike marks the multiples of n from its square on.
func strike(ctx context.Context, composite []bool, n int) error {
	for low := n * n; low < len(composite); low += n * stretch {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for multiple := low; multiple < min(low+n*stretch, len(composite)); multiple += n {
			composite[multiple] = true
		}
	}
	return nil
}

type multiplied struct {
	N     int   `json:"n"`
	Trace int64 `json:"trace"`
}

// matrix multiplies two n by n matrices of whole numbers, A[i][j] = i+j and
// B[i][j] = i+2j, and returns the trace of the product: the sum over i and k of
// (i+k)(k+2i).
func matrix(in *input.Reader) web.Do {
	n := in.Int("n", 128, 1, 1024)

	return func(ctx context.Context, _ *workmeter.Meter) (any, error) {
		product := make([]int64, n*n)
		for i := range n {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			for k := range n {
				a := int64(i + k)
				row := product[i*n : (i+1)*n]
				for j := range row {
					row[j] += a * int64(k+2*j)
				}
			}
		}
		var trace int64
		for i := range n {
			trace += product[i*n+i]
		}
		return multiplied{N: n, Trace: trace}, nil
	}
}

type sorted struct {
	N      int    `json:"n"`
	Median uint64 `json:"median,string"`
}

// sorting sorts n numbers, the xorshift states from 1 on, and returns the one in the middle.
func sorting(in *input.Reader) web.Do {
	n := in.Int("n", 100_000, 1, 5_000_000)

	return func(ctx context.Context, _ *workmeter.Meter) (any, error) {
		numbers := make([]uint64, n)
		state := uint64(1)
		for i := range numbers {
			state = xorshift(state)
			numbers[i] = state
		}
		if err := mergeSort(ctx, numbers); err != nil {
			return nil, err
		}
		return sorted{N: n, Median: numbers[n/2]}, nil
	}
}

// run is how many numbers are sorted in one go between two looks at the context.
const run = 4096

// mergeSort sorts runs with the library and merges them pairwise, so that the
// work can stop in between.
func mergeSort(ctx context.Context, numbers []uint64) error {
	for part := range slices.Chunk(numbers, run) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		slices.Sort(part)
	}
	spare := make([]uint64, len(numbers))
	for width := run; width < len(numbers); width *= 2 {
		for low := 0; low < len(numbers); low += 2 * width {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			middle, high := min(low+width, len(numbers)), min(low+2*width, len(numbers))
			merge(spare[low:high], numbers[low:middle], numbers[middle:high])
		}
		copy(numbers, spare)
	}
	return nil
}

func merge(out, a, b []uint64) {
	for i := range out {
		if len(b) == 0 || (len(a) > 0 && a[0] <= b[0]) {
			out[i], a = a[0], a[1:]
		} else {
			out[i], b = b[0], b[1:]
		}
	}
}

type encoded struct {
	Records int `json:"records"`
	Bytes   int `json:"bytes"` // of the JSON text
	Sum     int `json:"sum"`   // of the numbers read back: 0 + 1 + … + records-1
}

type record struct {
	Number int      `json:"number"`
	Name   string   `json:"name"`
	Tags   []string `json:"tags"`
}

// encoding writes records as JSON and reads them back.
func encoding(in *input.Reader) web.Do {
	records := in.Int("records", 1000, 1, 200_000)

	return func(ctx context.Context, _ *workmeter.Meter) (any, error) {
		result := encoded{Records: records}
		for low := 0; low < records; low += look {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err := encodePart(&result, low, min(low+look, records)); err != nil {
				return nil, err
			}
		}
		return result, nil
	}
}

func encodePart(result *encoded, low, high int) error {
	part := make([]record, 0, high-low)
	for n := low; n < high; n++ {
		part = append(part, record{Number: n, Name: fmt.Sprintf("record %d", n), Tags: []string{"cpu", "json"}})
	}
	text, err := json.Marshal(part)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	var back []record
	if err := json.Unmarshal(text, &back); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	result.Bytes += len(text)
	for _, r := range back {
		result.Sum += r.Number
	}
	return nil
}
