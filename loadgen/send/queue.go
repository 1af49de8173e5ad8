package send

// A queue is a first-in first-out ring of jobs that grows as needed.
type queue struct {
	ring  []Job
	head  int
	count int
}

func (q *queue) len() int { return q.count }

func (q *queue) first() *Job { return &q.ring[q.head] }

func (q *queue) push(j Job) {
	if q.count == len(q.ring) {
		grown := make([]Job, max(16, 2*len(q.ring)))
		n := copy(grown, q.ring[q.head:])
		copy(grown[n:], q.ring[:q.head])
		q.ring, q.head = grown, 0
	}
	q.ring[(q.head+q.count)%len(q.ring)] = j
	q.count++
}

func (q *queue) pop() Job {
	j := q.ring[q.head]
	q.ring[q.head] = Job{}
	q.head = (q.head + 1) % len(q.ring)
	q.count--
	return j
}
