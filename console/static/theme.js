const KEY = 'loadlab.theme';
const WORDS = { system: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' };

/**
 * Makes a button that turns from the system's theme to light to dark, and remembers it. The event
 * `loadlab:theme` on the window says that colours are others now, by the button or by the system.
 * @param {HTMLButtonElement} button
 */
export function theme(button) {
  const order = Object.keys(WORDS);
  let chosen = order.find((name) => name === stored()) ?? 'system';
  const apply = () => {
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    button.textContent = WORDS[chosen];
    window.dispatchEvent(new CustomEvent('loadlab:theme'));
  };
  button.addEventListener('click', () => {
    chosen = order[(order.indexOf(chosen) + 1) % order.length];
    store(chosen);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  apply();
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch { /* it holds until the page is left */ }
}
