package telemetry_test

import (
	"slices"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// A network that breaks between a service and the collector costs spans, each of
// which is counted; when it is whole again spans are exported again.
func TestSpansOverABrokenNetwork(t *testing.T) {
	for _, state := range []testkit.Link{testkit.Cut, testkit.Reset, testkit.Silent} {
		t.Run(state.String(), func(t *testing.T) {
			collector := testkit.NewCollector(t)
			link := testkit.NewProxy(t)
			address := collector.URL[len("http://"):]
			link.Forward(address)
			tel, _ := open(t, "cut off", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + link.Address, "OTEL_EXPORTER_OTLP_TIMEOUT": "100", "OTEL_BSP_EXPORT_TIMEOUT": "200",
				"OTEL_TRACES_SAMPLER": "always_on", "OTEL_BSP_MAX_QUEUE_SIZE": "10",
			})
			ended := 0
			work := func(spans int) {
				endSpans(tel, spans)
				ended += spans
				settle(t, tel)
			}
			for range testkit.Tries(t) {
				work(10)
				link.Become(state)
				_, failedBefore, _, _ := became(t, tel)
				work(10)
				if _, failed, _, _ := became(t, tel); failed == failedBefore {
					t.Errorf("no span failed while the network was %v", state)
				}
				link.Become(testkit.Whole)
				exportedBefore, _, _, _ := became(t, tel)
				for deadline := time.Now().Add(time.Minute); ; {
					work(10)
					if exported, _, _, _ := became(t, tel); exported > exportedBefore {
						break
					}
					if time.Now().After(deadline) {
						t.Fatal("no span is exported again")
					}
				}
			}
			exported, failed, dropped, queued := became(t, tel)
			if int(exported+failed+dropped+queued) != ended {
				t.Errorf("%v exported, %v failed, %v dropped, %v queued of %d", exported, failed, dropped, queued, ended)
			}
			var ids []string
			for _, span := range collector.Spans() {
				ids = append(ids, span.ID)
			}
			slices.Sort(ids)
			// An export whose reply was lost has failed and was received.
			if received := len(slices.Compact(ids)); received < int(exported) || received > ended {
				t.Errorf("the collector has %d spans, %v were exported of %d", received, exported, ended)
			}
		})
	}
}
