// Test images whose label is wrong or in doubt: fewer than three of five people confirmed it.
// Northcutt, Athalye and Mueller, "Pervasive label errors in test sets destabilize machine learning benchmarks", 2021 (arXiv
// 2103.14749); the votes are those of github.com/cleanlab/label-errors, mturk/mnist_mturk.json.

/** Each image's index in the test file, its label, the suggested one, and the votes for the label, the suggested one and neither. */
const rows = [
  [947, 8, 9, 0, 5, 0],
  [1621, 0, 6, 2, 3, 0],
  [1901, 9, 4, 2, 3, 0],
  [2130, 4, 9, 2, 2, 1],
  [2462, 2, 0, 0, 4, 1],
  [2597, 5, 3, 0, 4, 1],
  [2654, 6, 1, 0, 2, 3],
  [3520, 6, 4, 2, 0, 3],
  [3558, 5, 0, 1, 4, 0],
  [5937, 5, 3, 1, 3, 1],
  [6651, 0, 6, 0, 5, 0],
  [6783, 1, 6, 2, 3, 0],
  [8527, 4, 9, 2, 2, 1],
  [9679, 6, 3, 2, 0, 3],
  [9729, 5, 6, 2, 3, 0],
];

export const wrongLabels = rows.map(([index, , suggested, ...votes]) => ({
  index,
  suggested,
  votes,
}));
