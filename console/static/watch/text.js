import { markdown } from './markdown.js';

/** Shows a panel of text; it asks nothing. */
export function textPanel(body, panel) {
  body.append(...markdown(panel.options?.content ?? ''));
  return { update: () => {} };
}
