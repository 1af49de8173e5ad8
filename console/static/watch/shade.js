/** The colours of heat maps: d3's scheme Oranges (ColorBrewer), as Grafana uses it, from few to many. */
const ORANGES = ['#fff5eb', '#fee6ce', '#fdd0a2', '#fdae6b', '#fd8d3c', '#f16913', '#d94801', '#a63603', '#7f2704']
  .map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));

/**
 * The colour of a share of the greatest count.
 * @param {Panel} panel whose `options.color` may set the exponent and the number of steps
 * @returns {(share: number) => string} share from 0 to 1
 */
export function shade(panel) {
  const { exponent = 0.5, steps = 64 } = panel.options?.color ?? {};
  const scale = dark() ? [...ORANGES].reverse() : ORANGES;
  const colors = Array.from({ length: steps }, (_, i) => between(scale, i / (steps - 1)));
  return (share) => colors[Math.round((steps - 1) * Math.max(0, Math.min(1, share)) ** exponent)];
}

/** All of the scale from left to right, for CSS; the length of a colour is the share of counts that have it. */
export function gradient(panel) {
  const colors = shade(panel);
  return `linear-gradient(to right, ${Array.from({ length: 17 }, (_, i) => colors(i / 16)).join(', ')})`;
}

function between(scale, at) {
  const place = at * (scale.length - 1);
  const low = Math.min(scale.length - 2, Math.floor(place));
  return `rgb(${scale[low].map((from, i) => Math.round(from + (scale[low + 1][i] - from) * (place - low))).join(' ')})`;
}

/** Whether the page is dark: few are then the dark end, so that they fade into the ground. */
function dark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}
