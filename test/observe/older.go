package observe

import (
	"context"
	"fmt"
	"net/url"
)

// Tagged is a span as the older API of Jaeger has it, which Grafana reads.
type Tagged struct {
	Service, Name string
	// Tags are those of the process, then those of the span, in their order.
	Tags [][2]string
}

// OlderTrace returns the spans of a trace by Jaeger's older API, or ErrNotFound.
func (j Jaeger) OlderTrace(ctx context.Context, id string) ([]Tagged, error) {
	type tag struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	}
	var reply struct {
		Data []struct {
			Spans []struct {
				OperationName string `json:"operationName"`
				ProcessID     string `json:"processID"`
				Tags          []tag  `json:"tags"`
			} `json:"spans"`
			Processes map[string]struct {
				ServiceName string `json:"serviceName"`
				Tags        []tag  `json:"tags"`
			} `json:"processes"`
		} `json:"data"`
	}
	if err := Get(ctx, string(j)+"/api/traces/"+url.PathEscape(id), &reply); err != nil {
		return nil, err
	}
	var all []Tagged
	for _, trace := range reply.Data {
		for _, span := range trace.Spans {
			process := trace.Processes[span.ProcessID]
			one := Tagged{Service: process.ServiceName, Name: span.OperationName}
			for _, tag := range append(append([]tag{}, process.Tags...), span.Tags...) {
				one.Tags = append(one.Tags, [2]string{tag.Key, fmt.Sprint(tag.Value)})
			}
			all = append(all, one)
		}
	}
	return all, nil
}
