/** The labels of a table's series that are columns: those that no `organize` leaves out, in its order of names. */
export function columns(frames, panel) {
  const { excludeByName = {} } = organized(panel);
  return [...new Set(frames.flatMap((f) => Object.keys(f.labels)))].filter((name) => !excludeByName[name]);
}

/** The options of a panel's transformation `organize`. */
export function organized(panel) {
  return transformation(panel, 'organize') ?? {};
}

/** The options of a transformation of the panel, undefined if it has none of the id. */
export function transformation(panel, id) {
  return panel.transformations?.find((t) => t.id === id)?.options;
}
