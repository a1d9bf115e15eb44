// engine/internal/write_rules.h: what a table's metadata demands of every row that is written to it.
//
// Rows get their DEFAULTs, identity values and generated columns, then must hold to NOT NULL, column invariants, CHECK
// constraints and the lengths of CHAR and VARCHAR. All of it is text around the query that makes the rows, so that it
// happens in the pass that writes them. TableChange applies the rules: no statement can forget them.
// Threads: one at a time.
// Specification: PROTOCOL.md, "Column Invariants" to "Identity Columns"; Delta's CharVarcharConstraint.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "delta/action.h"
#include "engine/internal/identity.h"
#include "engine/internal/statement_context.h"

namespace tarn::engine {

// Which rows of a write come without a value for a column: the column in lower case -> a condition over the written
// query's columns; "TRUE" where no row has one. An explicit NULL is a value.
using MissingValues = std::map<std::string, std::string>;

class WriteRules {
public:
    // Errors: those of parsing and rendering the rules' texts; DELTA_IDENTITY_COLUMN_INCONSISTENT_METADATA.
    static Result<std::unique_ptr<WriteRules>> Of(StatementContext &context, const delta::Metadata &metadata);
    WriteRules(const WriteRules &) = delete;
    WriteRules &operator=(const WriteRules &) = delete;

    // `select_sql` with its missing values filled in; a row that breaks a rule fails the query. The columns stay, in their
    // order; they are at least the table's.
    // Errors when it runs: DELTA_NOT_NULL_CONSTRAINT_VIOLATED, DELTA_VIOLATE_CONSTRAINT_WITH_VALUES,
    // DELTA_EXCEED_CHAR_VARCHAR_LIMIT.
    std::string Apply(const std::string &select_sql, const MissingValues &missing) const;

    // After the rows are written: the identity columns' new high-water marks. false: nothing changed.
    bool RaiseHighWaterMarks(delta::Metadata &metadata) const;

private:
    WriteRules(SessionState &session) : session_(session) {}

    struct Fill {  // A value for rows that have none.
        std::string column;
        std::string text;
    };
    struct Generated {
        std::string column;
        std::string text;    // Of the column's type.
        std::string broken;  // Text of tarn_fail's argument when a given value is another.
    };
    struct Identity {
        std::string column;
        std::shared_ptr<IdentityCounter> counter;
        std::unique_ptr<IdentityCounters::Lease> lease;
    };
    Result<void> AddFills(StatementContext &context, const delta::Metadata &metadata);
    Result<void> AddChecks(StatementContext &context, const delta::Metadata &metadata);

    SessionState &session_;
    std::vector<Fill> fills_;           // DEFAULT and identity.
    std::vector<Generated> generated_;
    std::vector<Identity> identities_;
    std::vector<Fill> adjusted_;        // CHAR and VARCHAR: padded or trimmed.
    std::vector<std::string> checks_;   // Boolean texts, TRUE or failing.
};

// The condition under which a row breaks the CHECK or invariant `text`, and DuckDB text for the message of such a row.
struct RenderedCheck {
    std::string condition;
    std::string message;
};
Result<RenderedCheck> RenderCheck(StatementContext &context, const DataType &schema, const std::string &name, const std::string &text);

// Whether the column has a value of its own for rows that lack one; see AddFills.
bool IsGenerated(const Field &field);
bool IsIdentity(const Field &field);
bool AllowsExplicitIdentity(const Field &field);

}  // namespace tarn::engine
