/** Elements without HTML strings: what comes from a service is text, never markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** Properties that are set on the element, since the attribute of the name means only the initial value. */
const OWN = new Set(['value', 'checked', 'selected', 'disabled', 'hidden', 'open', 'indeterminate']);

/**
 * Makes an HTML element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>|null} [props] attributes; functions named on… listen; null, undefined and false are left out
 * @param {...any} children texts, numbers, nodes, or arrays of them; null, undefined and false are left out
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  return build(document.createElement(tag), props, children);
}

/**
 * Makes an SVG element; as `h`.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>|null} [attrs]
 * @param {...any} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attrs, ...children) {
  return build(document.createElementNS(SVG, tag), attrs, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @returns {E}
 */
function build(element, props, children) {
  append(element, children);
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  return element;
}

function set(element, name, value) {
  if (name.startsWith('on') && typeof value === 'function') {
    element.addEventListener(name.slice(2).toLowerCase(), value);
  } else if (value === null || value === undefined || value === false) {
    if (OWN.has(name) && typeof value === 'boolean') element[name] = value;
  } else if (OWN.has(name) && element.namespaceURI !== SVG) {
    element[name] = value;
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}
