// engine/internal/statement_context.h: what the names in one statement mean.
//
// Resolves tables, views, paths and read_files; pins one snapshot for each table; registers what the generated DuckDB
// text refers to. Lives as long as the statement's result.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "delta/snapshot.h"
#include "engine/flow.h"
#include "engine/internal/read_files.h"
#include "engine/internal/scan_sources.h"
#include "engine/internal/state.h"
#include "sql/render.h"

namespace tarn::engine {

class AiLease;

// A Delta table that a statement changes.
struct TargetTable {
    catalog::TableName name;  // Empty for a path.
    std::string location;
    delta::SnapshotPtr snapshot;

    std::string ToString() const { return name.table.empty() ? "delta.`" + location + "`" : name.ToQuoted(); }
};

class StatementContext final : public sql::RenderContext {
public:
    // Both are borrowed. `streams` may be nullptr.
    explicit StatementContext(SessionState &session, StreamInputs *streams = nullptr);
    ~StatementContext() override;

    // --- sql::RenderContext
    Result<std::string> RenderTable(const sql::TableRef &table) override;
    Result<std::string> RenderTableFunction(const sql::TableFunction &function,
                                            const std::vector<sql::RenderedArgument> &args) override;
    Result<std::string> Parameter(std::string_view name, SourcePosition position) override;
    Result<std::string> RenderFunction(const sql::FunctionCall &call, const std::vector<std::string> &args, SourcePosition position) override;
    sql::Name Qualify(const sql::Name &table) override;
    std::string CurrentCatalog() const override { return catalog_; }
    std::string CurrentSchema() const override { return schema_; }

    // --- For statements: rendered text whose helper functions DuckDB knows.
    Result<std::string> Query(const sql::Query &query);
    Result<std::string> Expr(const sql::Expr &expr, const std::vector<sql::ScopeRelation> &scope = {});
    Result<std::string> From(const sql::Relation &relation);

    // What sql::kCopySource stands for from now on: the files of COPY INTO, as a FROM item, which is returned, too.
    Result<std::string> SetCopySource(const ReadFilesOptions &options, std::vector<SourceFile> files);

    // `name`, a helper of sql/functions.h that DuckDB knows from now on.
    Result<std::string> UseHelper(const std::string &name);

    // Errors: PARSE_SYNTAX_ERROR for more than three parts.
    Result<catalog::TableName> FullName(const sql::Name &name) const;
    Result<catalog::TableEntry> FindTable(const sql::Name &name);  // Errors: TABLE_OR_VIEW_NOT_FOUND with near names
    // Errors: WRONG_COMMAND_FOR_OBJECT_TYPE for a view; with `for_write`, DELTA_UNSUPPORTED_FEATURES_FOR_WRITE.
    Result<TargetTable> FindTarget(const sql::Name &name, bool is_path, bool for_write = true);
    // The pinned snapshot of a table.
    Result<delta::SnapshotPtr> SnapshotOf(const std::string &location, const sql::TableRef *travel = nullptr);
    // tarn_scan(n) over the snapshot.
    Result<std::string> ScanText(const delta::Snapshot &snapshot);
    std::string ScanText(std::shared_ptr<const TableScan> scan);

    // Whether the statement's text reads the newest version of the table there: not as the target of a change.
    bool Reads(const std::string &location) const { return named_.contains(location); }
    // What the query rendered depends on.
    QuerySources Sources() const { return {versions_read_, true, !unstable && !reads_files_}; }
    // The snapshots read so far, by location, with @version for travels.
    const std::map<std::string, delta::SnapshotPtr> &pinned() const { return pinned_; }
    SessionState &session() { return session_; }

private:
    Result<void> DefineHelpers();
    Result<delta::SnapshotPtr> LoadPinned(const std::string &location, std::optional<int64_t> version);
    Result<std::string> RenderView(const std::string &name, const std::string &text, const std::string &catalog,
                                   const std::string &schema, const std::vector<std::string> &columns, bool temporary);
    std::string RenderRows(const HeldQuery &rows);
    Result<std::string> RenderPath(const sql::TableRef &table);
    Result<std::string> RenderStream(const std::string &location, const StreamInputs::TableRange &range);
    std::unexpected<Error> TableNotFound(const catalog::TableName &name, SourcePosition position);

    SessionState &session_;
    StreamInputs *streams_;
    ScanSources::Lease lease_;
    std::unique_ptr<AiLease> ai_;
    std::string catalog_, schema_;  // Change while a view's text is rendered.
    std::string copy_source_;
    int view_depth_ = 0;
    bool sees_temporary_ = true;  // Views of the catalog do not see the session's.
    bool reads_files_ = false;  // That have no versions.
    std::map<std::string, delta::SnapshotPtr> pinned_;
    std::optional<std::map<std::string, int64_t>> moment_;  // Managed tables' versions when the statement first asked.
    std::map<std::string, int64_t> versions_read_;
    std::set<std::string> named_;
    std::vector<std::shared_ptr<FilterUses>> filter_uses_;  // Of tables that are clustered by AUTO.
};

}  // namespace tarn::engine
