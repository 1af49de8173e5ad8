/**
 * Moves through a tree of rows by the keys which the ARIA pattern "tree view" gives: up and down, right to
 * open or go in, left to close or go out, Home, End, Enter to choose.
 * @param {HTMLElement} container
 * @param {{rows: SpanRow[]}} view
 * @param {{select: (row: SpanRow) => void, toggle: (row: SpanRow, open: boolean) => void}} actions
 */
export function navigation(container, view, { select, toggle }) {
  const rowOf = (event) => view.rows.find((row) => row.element === event.target.closest('.span-row'));
  const focus = (row) => {
    if (!row) return;
    for (const other of view.rows) other.element.tabIndex = other === row ? 0 : -1;
    row.element.focus();
  };
  const move = (row, step) => {
    const visible = view.rows.filter((other) => other.visible && other.element.isConnected);
    focus(visible[Math.min(visible.length - 1, Math.max(0, visible.indexOf(row) + step))]);
  };
  const right = (row) => {
    if (row.node.children.length > 0 && !row.open) toggle(row, true);
    else if (row.node.children.length > 0) move(row, 1);
  };
  const left = (row) => {
    if (row.node.children.length > 0 && row.open) toggle(row, false);
    else focus(row.parent);
  };
  const keys = {
    ArrowDown: (row) => move(row, 1),
    ArrowUp: (row) => move(row, -1),
    ArrowRight: right,
    ArrowLeft: left,
    Home: (row) => move(row, -view.rows.length),
    End: (row) => move(row, view.rows.length),
    Enter: select,
    ' ': select,
  };
  container.addEventListener('keydown', (event) => {
    const row = rowOf(event);
    const act = keys[event.key];
    if (!row || !act || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act(row);
  });
  container.addEventListener('click', (event) => {
    const row = rowOf(event);
    if (row) focus(row);
  });
}
