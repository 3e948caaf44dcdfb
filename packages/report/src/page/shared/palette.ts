/** Colours on light and dark ground, see page.css: of runs, and of what else is told apart. */
const COLORS = 8;

export const colorOf = (index: number): string => `var(--run-${index % COLORS})`;
