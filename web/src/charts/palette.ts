// Colours. Categorical: after Okabe and Ito's colour-blind safe set, with lightness moved until each colour has a
// contrast of 3:1 on the card it lies on; palette.test.ts proves both. Sequential: one hue family, lightness rising evenly.
export type Theme = "light" | "dark";

export interface Ink {
  card: string;
  text: string;
  muted: string;
  grid: string;
  empty: string; // a country or cell without a value
}

export const ink: Record<Theme, Ink> = {
  light: { card: "#ffffff", text: "#17212b", muted: "#566472", grid: "#e6eaee", empty: "#e9edf1" },
  dark: { card: "#171f27", text: "#e8edf2", muted: "#a3b1be", grid: "#2a3641", empty: "#28333d" },
};

export const categorical: Record<Theme, readonly string[]> = {
  light: ["#1f74c5", "#d56a1c", "#23997b", "#ac4298", "#7f6000", "#339acc", "#6643b3", "#c4414c"],
  dark: ["#67b3fd", "#ed8c17", "#41d1a6", "#db7dc5", "#e1c246", "#9ed5f9", "#9787ef", "#f27677"],
};

// For all series beyond the ones that get a colour of their own.
export const rest: Record<Theme, string> = { light: "#8b98a5", dark: "#7d8b98" };

export const sequential: Record<Theme, readonly string[]> = {
  light: ["#e3f1f4", "#b5dbe2", "#7fc0cd", "#479fb3", "#1f7c95", "#0d5a73", "#083c52"],
  dark: ["#16323d", "#1b4c5b", "#22697c", "#2c899d", "#46abbc", "#79cbd5", "#bce9ec"],
};

export const mostColours = categorical.light.length;
