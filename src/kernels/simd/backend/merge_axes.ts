// Shapes with fewer axes, for kernels that know two or three.

/** An axis, or neighbours that a kernel treats alike. */
export interface Level<Kind> {
  size: number;
  kind: Kind;
}

/** The axes of a shape, neighbours of one kind merged. Axes of size 1 are left out. */
export function mergeAxes<Kind>(shape: number[], kindOf: (axis: number) => Kind): Level<Kind>[] {
  const levels: Level<Kind>[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const kind = kindOf(axis);
    const last = levels.at(-1);
    if (last?.kind === kind) last.size *= size;
    else levels.push({size, kind});
  });
  return levels;
}
