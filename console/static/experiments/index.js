/** The tab "Experiments": the catalog with what runs and what was found, and the page of one result. */
import { mountOverview } from './overview.js';
import { mountResult } from './result.js';

export const title = 'Experiments';

/** Shows the result of the route, or the overview. */
export async function mount(root, ctx) {
  const id = ctx.route.path[0];
  return id ? mountResult(root, id) : mountOverview(root);
}
