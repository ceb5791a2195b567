// The switches of what is drawn over the picture.
import { LAYERS, layersOff, toggleLayer } from "./layers";
import { words } from "./words";

/** `gazeRead`: whether this agent's models read where the eyes look at all. */
export function LayerSwitches({ gazeRead }: { gazeRead: boolean }) {
  return (
    <fieldset class="layers" aria-label={words.picture.layers}>
      {LAYERS.map((layer) => {
        const absent = layer === "gaze" && !gazeRead;
        return (
          <label key={layer} class="layer" data-layer={layer} title={absent ? words.picture.gazeNotRead : ""}>
            <input
              type="checkbox"
              disabled={absent}
              checked={!absent && !layersOff.value.has(layer)}
              onChange={() => toggleLayer(layer)}
            />
            {words.picture.layer[layer]}
          </label>
        );
      })}
    </fieldset>
  );
}
