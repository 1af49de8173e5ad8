/** The tab "Traces": a search, and the page of one trace. */
import { mountSearch } from './search.js';
import { mountTrace } from './trace.js';

export const title = 'Traces';

/** Shows the trace of the route, or the search. */
export async function mount(root, ctx) {
  const id = ctx.route.path[0];
  return id ? mountTrace(root, ctx, id) : mountSearch(root, ctx);
}
