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
  light: ["#0f6cbd", "#d1600a", "#0b8f73", "#b5469a", "#8a6d00", "#3fa0d8", "#6b4fc0", "#c03a3a"],
  dark: ["#5aa9f0", "#f28e3a", "#2fc59f", "#e583c8", "#e0c14a", "#9cd6f7", "#a993f5", "#f27979"],
};

// For all series beyond the ones that get a colour of their own.
export const rest: Record<Theme, string> = { light: "#8b98a5", dark: "#7d8b98" };

export const sequential: Record<Theme, readonly string[]> = {
  light: ["#e3f1f4", "#b5dbe2", "#7fc0cd", "#479fb3", "#1f7c95", "#0d5a73", "#083c52"],
  dark: ["#16323d", "#1b4c5b", "#22697c", "#2c899d", "#46abbc", "#79cbd5", "#bce9ec"],
};

export const mostColours = categorical.light.length;
