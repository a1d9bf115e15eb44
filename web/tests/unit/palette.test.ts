// The promises of the palette: readable on its card, and told apart by people who see fewer colours.
import { expect, test } from "vitest";
import { categorical, ink, sequential, type Theme } from "../../src/charts/palette.ts";

type Rgb = [number, number, number];

const linear = (hex: string): Rgb =>
  [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
const luminance = (hex: string): number => {
  const [r, g, b] = linear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
  return (x! + 0.05) / (y! + 0.05);
};

// Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
const sight: Record<string, [Rgb, Rgb, Rgb]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};

// Distance in OKLab, where 0.02 is just noticeable.
function lab([r, g, b]: Rgb): Rgb {
  const [l, m, s] = [0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b, 0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b, 0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b].map(Math.cbrt) as Rgb;
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}
const seen = (hex: string, by: [Rgb, Rgb, Rgb]): Rgb => {
  const c = linear(hex);
  return by.map((row) => Math.max(0, row[0] * c[0] + row[1] * c[1] + row[2] * c[2])) as Rgb;
};
const distance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

for (const theme of ["light", "dark"] as Theme[]) {
  test(`${theme}: every series colour has a contrast of 3:1 on the card`, () => {
    for (const colour of categorical[theme]) expect(contrast(colour, ink[theme].card), colour).toBeGreaterThanOrEqual(3);
  });

  test(`${theme}: text has a contrast of 4.5:1`, () => {
    for (const colour of [ink[theme].text, ink[theme].muted]) expect(contrast(colour, ink[theme].card)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(Object.keys(sight))(`${theme}: no two series look alike with %s sight`, (name) => {
    const colours = categorical[theme].map((c) => lab(seen(c, sight[name]!)));
    for (let i = 0; i < colours.length; i += 1) {
      for (let j = 0; j < i; j += 1) {
        expect(distance(colours[i]!, colours[j]!), `${categorical[theme][i]} and ${categorical[theme][j]}`).toBeGreaterThan(0.045);
      }
    }
  });

  test(`${theme}: a ramp's lightness goes one way`, () => {
    const steps = sequential[theme].map(luminance);
    const sorted = [...steps].sort((a, b) => (theme === "light" ? b - a : a - b));
    expect(steps).toEqual(sorted);
  });
}
