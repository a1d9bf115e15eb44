// engine/session.h: runs Spark SQL statements, one at a time.
//
// A Session has a current catalog and schema, temporary views and parameters. Each statement pins the newest version
// of every table it reads and commits at most one version of one table.
// Threads: one at a time. Errors: Databricks error classes; nothing throws.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/flow.h"
#include "engine/held_rows.h"
#include "engine/result_set.h"
#include "sql/parameters.h"
#include "sql/statement.h"

namespace tarn::engine {

struct EngineState;
struct SessionState;

// A query whose names are resolved and whose tables are pinned: it runs at most once. It must not outlive its Session,
// and the Session runs nothing else meanwhile.
class PreparedQuery {
public:
    virtual ~PreparedQuery() = default;
    virtual const QuerySources &sources() const = 0;
    // As Session::Execute.
    virtual Result<std::unique_ptr<ResultSet>> Run() = 0;
    // Runs it to its end. Cost: all its rows in memory.
    virtual Result<HeldRowsRef> Hold() = 0;
};

class Session {
public:
    explicit Session(EngineState &engine);
    ~Session();

    // Runs one statement (a `;` may follow). Statements without rows give a ResultSet without columns.
    // A query's rows are computed as they are fetched; the next Execute ends an unfinished one.
    Result<std::unique_ptr<ResultSet>> Execute(std::string_view text);
    // The same, parsed already; `text` is its source.
    Result<std::unique_ptr<ResultSet>> Execute(const sql::Statement &statement, std::string_view text);

    // :name in later statements is this value (a STRING, or one of sql/parameters.h); it is bound, never spliced into SQL.
    void SetParameter(const std::string &name, const std::string &value);
    void SetParameter(const std::string &name, sql::ExprPtr value);
    void ClearParameters();
    // nullptr: the statement is not a query. Cost: resolving its names; reads no data. Errors: those of Execute's planning.
    Result<std::unique_ptr<PreparedQuery>> Prepare(std::string_view text);
    // The catalog and schema that unqualified names mean. Neither is checked for existence.
    void Use(const std::string &catalog, const std::string &schema);
    const std::string &current_catalog() const;
    const std::string &current_schema() const;
    // A view that lives as long as the session. Replaces one of the same name.
    Result<void> CreateTemporaryView(const std::string &name, const std::string &query_text);
    // The same with rows that are there already; they count as read of their query's sources.
    void DefineRows(const std::string &name, HeldRowsRef rows);
    void DropTemporaryViews();

    // Who asks, as system.ai.usage says it: "user" (until set otherwise), "pipeline", "dashboard", ….
    void SetCaller(const std::string &caller);
    // What a statement has to say beside its rows, for a person to read ("answered by local models …"); forgets them. Complete when
    // the statement's ResultSet is gone.
    std::vector<std::string> TakeNotes();

    // Ends the statement that runs, with OPERATION_CANCELED. From any thread, and from a signal's handler.
    void Interrupt();

    // What a pipeline needs beyond statements: see flow.h.
    FlowRunner &flows();

private:
    std::unique_ptr<SessionState> state_;
};

}  // namespace tarn::engine
