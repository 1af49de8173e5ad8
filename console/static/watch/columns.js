/** The labels of a table's series that are columns: those that no `organize` leaves out. */
export function columns(frames, panel) {
  return organized([...new Set(frames.flatMap((f) => Object.keys(f.labels)))], panel);
}

/** Names without those that a panel's `organize` leaves out, in its order. */
export function organized(names, panel) {
  const { excludeByName = {}, indexByName = {} } = transformation(panel, 'organize') ?? {};
  const place = (name) => indexByName[name] ?? Infinity;
  return names.filter((name) => !excludeByName[name]).sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** The options of a transformation of the panel, undefined if it has none of the id. */
export function transformation(panel, id) {
  return panel.transformations?.find((t) => t.id === id)?.options;
}
