// dashboards/results.h: the rows of named queries, as JSON for the browser, kept for as long as their tables stand still.
//
// A query that reads others (model.h) finds their rows in memory: each of them runs once for all that read it.
// A result is kept under its query's text, the values of its parameters and the versions of all tables it reads: while they
// are the same, no query runs. What depends on time, chance or files without versions is never kept.
// Ownership: the Engine must outlive it. Threads: call from any; queries of one call run side by side.
// Memory: at most `max_bytes` of kept JSON and rows; the least recently used go first.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "dashboards/model.h"
#include "dashboards/values.h"
#include "engine/engine.h"
#include "engine/session.h"

namespace tarn::dashboards {

inline constexpr size_t kMaxRows = 10000;  // In a page; files hold all rows.

struct QueryResult {
    std::string json;  // The contract's Result: {"query":…,"parameters":{…},"table":{…}} or with "error"
    std::vector<engine::Column> columns;
    std::vector<std::string> first_column;  // Of dropdown options: the values of column `value`, see ResultStore::Resolve.
    std::optional<Error> error;
    std::string versions;  // Of the tables that it was read from, or the error's class: see Fingerprint.
};
using ResultRef = std::shared_ptr<const QueryResult>;

struct StoreOptions {
    std::string catalog = "main", schema = "default";  // Of names in dashboards that do not say.
    size_t max_bytes = size_t{256} << 20;
};

class ResultStore {
public:
    ResultStore(engine::Engine &engine, StoreOptions options);
    ~ResultStore();

    // All values: the given ones, and defaults for the others; a dropdown without default takes its options' first row.
    Values Resolve(const Dashboard &dashboard, Values given);

    // One result for each name, in their order; a query's failure is a result. `values` must be complete.
    std::vector<ResultRef> Get(const Dashboard &dashboard, const Values &values, const std::vector<std::string> &names);

    // The same for queries with different values: one result for each.
    struct Question {
        const Values *values = nullptr;
        std::string name;
    };
    std::vector<ResultRef> Get(const Dashboard &dashboard, const std::vector<Question> &questions);

    // All rows of one query, for files: calls `use` with the open result.
    Result<void> Rows(const Dashboard &dashboard, const Values &values, const std::string &name,
                      const std::function<Result<void>(engine::ResultSet &)> &use);

    // What changes when a table does that the queries read. No query runs.
    std::string Fingerprint(const Dashboard &dashboard, const Values &values, const std::vector<std::string> &names);
    // The same of results: what it was when they were read.
    static std::string Fingerprint(const std::vector<std::string> &names, const std::vector<ResultRef> &results);

    // Queries that ran, rather than being answered from what is kept.
    size_t queries_run() const { return queries_run_; }

private:
    class Lease;
    struct Asked {
        const Dashboard &dashboard;
        const Values &values;
        const NamedQuery &query;
    };
    // An answer, or rows that other queries read: one of the two.
    struct Kept {
        ResultRef result;
        engine::HeldRowsRef rows;
        size_t bytes = 0;
        std::list<std::string>::iterator used;
    };

    void Answer(const Dashboard &dashboard, const std::vector<Question> &questions, const std::vector<size_t> &which, std::vector<ResultRef> &results);
    ResultRef GetOne(engine::Session &session, const Asked &asked);
    Result<ResultRef> Answered(engine::Session &session, const Asked &asked, std::shared_ptr<QueryResult> result);
    Result<void> Bind(engine::Session &session, const Asked &asked) const;
    Result<std::unique_ptr<engine::PreparedQuery>> Prepare(engine::Session &session, const Asked &asked) const;
    Result<std::unique_ptr<engine::PreparedQuery>> PrepareOnRows(engine::Session &session, const Asked &asked);
    Result<engine::HeldRowsRef> RowsOf(engine::Session &session, const Asked &asked);
    const Kept *FindLocked(const std::string &key);
    ResultRef Find(const std::string &key);
    void Keep(const std::string &key, Kept kept);

    engine::Engine &engine_;
    StoreOptions options_;
    std::atomic<size_t> queries_run_ = 0;
    std::mutex mutex_;
    std::vector<std::unique_ptr<engine::Session>> idle_;
    std::unordered_map<std::string, Kept> kept_;
    std::list<std::string> used_;  // Keys, the latest first.
    size_t bytes_ = 0;
    std::set<std::string> held_now_;  // Keys of rows that a thread is making; others wait for them.
    std::condition_variable made_;
};

// {"class":…,"message":…,"sqlstate":…,"line":…}: an error as the browser gets it.
std::string ErrorJson(const Error &error);

}  // namespace tarn::dashboards
