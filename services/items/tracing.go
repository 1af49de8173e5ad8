package items

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/XSAM/otelsql"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// traced opens a pool that records a span of each statement of a sampled
// request. Arguments are never recorded, nor are statements that no request
// asked for. Durations of statements are in the spans alone: the pool's metrics
// are client_golang's.
func traced(connector driver.Connector, about []attribute.KeyValue, provider trace.TracerProvider) *sql.DB {
	return otelsql.OpenDB(connector,
		otelsql.WithTracerProvider(provider),
		otelsql.WithMeterProvider(noop.NewMeterProvider()),
		otelsql.WithAttributes(about...),
		otelsql.WithAttributesGetter(statementAttributes),
		otelsql.WithSpanErrorAttributesGetter(errorAttributes),
		otelsql.WithSpanNameFormatter(spanName),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			DisableErrSkip: true, OmitConnResetSession: true, OmitConnPrepare: true, OmitRows: true,
			SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return trace.SpanFromContext(ctx).IsRecording()
			},
		}),
	)
}

// table is the one that every statement is about.
const table = "items"

// operation is the conventions' db.operation.name: the first word of a
// statement, or what is done to a transaction. It is empty for anything else.
func operation(method otelsql.Method, query string) string {
	switch method {
	case otelsql.MethodConnBeginTx:
		return "BEGIN"
	case otelsql.MethodTxCommit:
		return "COMMIT"
	case otelsql.MethodTxRollback:
		return "ROLLBACK"
	}
	verb, _, _ := strings.Cut(query, " ")
	return verb
}

// spanName is the operation and its table, as in "SELECT items", or what is
// done with the connection where there is neither.
func spanName(_ context.Context, method otelsql.Method, query string) string {
	verb := operation(method, query)
	switch {
	case query != "":
		return verb + " " + table
	case verb != "":
		return verb
	}
	return string(method)
}

func statementAttributes(_ context.Context, method otelsql.Method, query string, _ []driver.NamedValue) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if verb := operation(method, query); verb != "" {
		attributes = append(attributes, semconv.DBOperationName(verb))
	}
	if query != "" {
		attributes = append(attributes, semconv.DBCollectionName(table))
	}
	return attributes
}

// errorAttributes name the SQLSTATE of a server's refusal, or else the class of the error.
func errorAttributes(err error) []attribute.KeyValue {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return []attribute.KeyValue{semconv.DBResponseStatusCode(refused.Code), semconv.ErrorTypeKey.String(refused.Code)}
	}
	return []attribute.KeyValue{semconv.ErrorType(err)}
}
