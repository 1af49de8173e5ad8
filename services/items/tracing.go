package items

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// traced opens a pool that records a span of each statement of a sampled
// request. Arguments are never recorded, nor are statements that no request
// asked for. Durations of statements are in the spans alone: the pool's metrics
// are client_golang's.
func traced(connector driver.Connector, system attribute.KeyValue, provider trace.TracerProvider) *sql.DB {
	return otelsql.OpenDB(connector,
		otelsql.WithTracerProvider(provider),
		otelsql.WithMeterProvider(noop.NewMeterProvider()),
		otelsql.WithAttributes(system),
		otelsql.WithSpanNameFormatter(spanName),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			DisableErrSkip: true, OmitConnResetSession: true, OmitConnPrepare: true, OmitRows: true,
			SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return trace.SpanFromContext(ctx).IsRecording()
			},
		}),
	)
}

// spanName is the operation of a statement, as in "SELECT items", or what is
// done with the connection where there is no statement.
func spanName(_ context.Context, method otelsql.Method, query string) string {
	operation, _, found := strings.Cut(query, " ")
	if !found {
		return string(method)
	}
	return operation + " items"
}
