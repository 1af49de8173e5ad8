package send

// quiet notes that a shard has no job outstanding any more. Notes that have not been taken are one.
type quiet chan struct{}

func (q quiet) note() {
	select {
	case q <- struct{}{}:
	default:
	}
}
