// What is drawn over the customer's picture: each layer can be taken away, and the choice is remembered.
import { signal } from "@preact/signals";

export const LAYERS = ["box", "mesh", "pose", "gaze", "hands"] as const;
export type Layer = (typeof LAYERS)[number];

const KEPT_AS = "overlay-layers-off";

/** Those that are taken away. */
export const layersOff = signal<ReadonlySet<Layer>>(remembered());

export function toggleLayer(layer: Layer): void {
  const off = new Set(layersOff.value);
  if (!off.delete(layer)) off.add(layer);
  layersOff.value = off;
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify([...off]));
  } catch {
    // A browser that keeps nothing forgets the choice with the page.
  }
}

function remembered(): ReadonlySet<Layer> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
    return new Set(LAYERS.filter((layer) => Array.isArray(kept) && kept.includes(layer)));
  } catch {
    return new Set();
  }
}
