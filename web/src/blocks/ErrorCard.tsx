import type { TarnError } from "../contract.ts";
import { Icon } from "../app/Icon.tsx";

// What went wrong, where it would have stood.
export function ErrorCard({ error, title, retry }: { error: TarnError; title?: string; retry?: () => void }): React.ReactNode {
  return (
    <div className="card error-card" role="alert">
      <p className="error-head">
        <Icon name="warning" />
        <strong>{title ? `${title}: not shown` : "Not shown"}</strong>
        <code className="error-class">{error.class}</code>
        {error.sqlstate && <code className="error-class">SQLSTATE {error.sqlstate}</code>}
        {error.line !== undefined && <span className="muted">line {error.line}</span>}
      </p>
      <p className="error-message">{error.message}</p>
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
