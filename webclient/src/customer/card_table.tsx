// A table on a card: long ones scroll in themselves, below heads that stay, with figures one under the other.
import type { CardTable } from "../wire/messages";
import { figureColumns } from "./cards";
import { words } from "./words";

export function CardTableView({ table, title }: { table: CardTable; title: string }) {
  const figures = figureColumns(table);
  const kind = (at: number) => (figures[at] ? "figure" : "");
  return (
    <div class="card-table" role="region" aria-label={words.cards.table(title)} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.columns.map((column, at) => (
              <th key={at} scope="col" class={kind(at)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <Row key={index} cells={row} kind={kind} />
          ))}
        </tbody>
        {table.total.length > 0 && (
          <tfoot>
            <Row cells={table.total} kind={kind} />
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Row({ cells, kind }: { cells: string[]; kind(at: number): string }) {
  return (
    <tr>
      {cells.map((cell, at) =>
        at === 0 ? (
          <th key={at} scope="row">
            {cell}
          </th>
        ) : (
          <td key={at} class={kind(at)}>
            {cell}
          </td>
        ),
      )}
    </tr>
  );
}
