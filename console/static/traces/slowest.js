/** Finds the slowest traces of a period with searches that answer with the newest matches. Nothing here touches the page. */

const ROUNDS = 20; // enough for a million times as many traces as the limit

/**
 * As long as there are more matches than the limit, asks again for at least the median duration of what was found,
 * which leaves about half of them.
 * @param {(least: string) => Promise<Trace[]>} ask takes a duration as Go writes it; empty for any
 * @param {string} least of the reader
 * @param {number} limit of traces that `ask` finds
 * @param {(span: Span) => boolean} matches what the search looks for
 * @returns {Promise<{traces: Trace[], whole: boolean}>} whole if no slower trace of the period was left out
 */
export async function slowest(ask, least, limit, matches) {
  let traces = await ask(least);
  let bound = 0;
  for (let round = 0; traces.length >= limit && round < ROUNDS; round++) {
    const next = median(traces.map((trace) => longest(trace, matches)));
    if (!(next > bound)) break; // most of them take as long as each other
    bound = next;
    const slower = await ask(`${bound.toFixed(3)}ms`);
    if (slower.length === 0) break; // the bound is above the longest that the reader asks for
    traces = slower;
  }
  return { traces, whole: traces.length < limit };
}

/** In ms. */
function longest(trace, matches) {
  return trace.spans.filter(matches).reduce((most, span) => Math.max(most, span.duration), 0);
}

/** The lower one, in ms with three decimals rounded down, so that what has it is found again. */
function median(lengths) {
  const middle = [...lengths].sort((a, b) => a - b)[Math.floor((lengths.length - 1) / 2)];
  return Math.floor(middle * 1000) / 1000;
}
