#include "dashboards/results.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace tarn::dashboards {
namespace {

using engine::CellStyle;

// JavaScript's numbers hold 15 digits of any integer or decimal.
constexpr size_t kExactDigits = 15;

void AppendCellJson(const engine::ResultSet &rows, size_t row, size_t column, std::string &out) {
    TypeKind kind = rows.columns()[column].type.kind;
    size_t begin = out.size();
    rows.AppendCell(row, column, CellStyle::kJson, out);
    bool exact = kind != TypeKind::kLong && kind != TypeKind::kDecimal;
    if (exact || out.size() - begin <= kExactDigits || out[begin] == 'n') return;
    out.insert(begin, "\"");
    out += '"';
}

std::string VersionsText(const engine::QuerySources &sources) {
    std::string text;
    for (const auto &[location, version] : sources.tables) {
        text += (text.empty() ? "" : ", ") + location.substr(location.rfind('/') + 1) + "@" + std::to_string(version);
    }
    return text;
}

std::string ColumnsJson(const std::vector<engine::Column> &columns) {
    std::string json;
    for (const engine::Column &column : columns) {
        json += json.empty() ? "[{\"name\":" : ",{\"name\":";
        AppendJsonString(column.name, json);
        json += ",\"type\":";
        AppendJsonString(column.type.ToString(), json);
        json += '}';
    }
    return json.empty() ? "[]" : json + "]";
}

// "table": {…}, and what Resolve needs.
Result<void> ReadTable(engine::ResultSet &rows, const engine::QuerySources &sources, std::string_view option_column,
                       std::chrono::steady_clock::time_point start, QueryResult &result) {
    result.columns = rows.columns();
    std::vector<std::string> data(result.columns.size());
    size_t option = result.columns.size();
    for (size_t i = 0; i < result.columns.size(); i++) {
        if (result.columns[i].name == option_column) option = i;
    }
    size_t count = 0, total = 0;
    while (true) {
        TARN_TRY(bool more, rows.Next());
        if (!more) break;
        total += rows.batch_rows();
        for (size_t row = 0; row < rows.batch_rows() && count < kMaxRows; row++, count++) {
            for (size_t column = 0; column < data.size(); column++) {
                if (count > 0) data[column] += ',';
                AppendCellJson(rows, row, column, data[column]);
            }
            if (option < data.size() && !rows.IsNull(row, option)) {
                rows.AppendCell(row, option, CellStyle::kSpark, result.first_column.emplace_back());
            }
        }
    }
    std::string &json = result.json;
    json += "\"table\":{\"columns\":" + ColumnsJson(result.columns) + ",\"rows\":" + std::to_string(count) + ",\"data\":[";
    for (size_t column = 0; column < data.size(); column++) json += (column > 0 ? ",[" : "[") + data[column] + "]";
    json += "]";
    if (total > count) json += ",\"truncated\":" + std::to_string(total);
    auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
    json += ",\"versions\":";
    AppendJsonString(VersionsText(sources), json);
    json += ",\"milliseconds\":" + std::to_string(static_cast<double>(elapsed) / 1000).substr(0, 8) + "}";
    return {};
}

Error NotAQuery() {
    return MakeError(ErrorKind::kInvalidInput, "DASHBOARD_INVALID_DEFINITION",
                     "A dashboard's SQL block holds one query; other statements belong into a pipeline.");
}

// The place in the other query's text would mislead.
Error In(const std::string &query, Error error) {
    error.position = {};
    error.message = "In the query " + query + ", whose rows this one reads: " + error.message;
    return error;
}

// Equal keys have equal rows, as long as they are kept at all.
std::string KeyOf(const engine::Session &session, const Dashboard &dashboard, const Values &values, const NamedQuery &query, const engine::QuerySources &sources) {
    std::string key = session.current_catalog() + "." + session.current_schema() + "\n" + query.name + ToJson(values, query.parameters) + "\n" + query.sql;
    for (const std::string &name : query.reads) key += "\n" + name + "\n" + dashboard.FindQuery(name)->sql;
    for (const auto &[location, version] : sources.tables) key += "\n" + location + "@" + std::to_string(version);
    return key;
}

// The column whose values parameters take their options from; empty when none does.
std::string OptionColumn(const Dashboard &dashboard, const std::string &query) {
    for (const Parameter &parameter : dashboard.parameters) {
        if (parameter.options_from && parameter.options_from->query == query) return parameter.options_from->value;
    }
    return {};
}

}  // namespace

std::string ErrorJson(const Error &error) {
    std::string json = "{\"class\":";
    AppendJsonString(error.condition, json);
    json += ",\"message\":";
    AppendJsonString(error.remedy.empty() ? error.message : error.message + " " + error.remedy, json);
    if (!error.sqlstate.empty()) {
        json += ",\"sqlstate\":";
        AppendJsonString(error.sqlstate, json);
    }
    if (error.position.line > 0) json += ",\"line\":" + std::to_string(error.position.line);
    return json + "}";
}

// A session of our own for as long as it lives.
class ResultStore::Lease {
public:
    explicit Lease(ResultStore &store) : store_(store) {
        std::lock_guard lock(store.mutex_);
        if (!store.idle_.empty()) {
            session_ = std::move(store.idle_.back());
            store.idle_.pop_back();
        }
    }
    ~Lease() {
        if (!session_) return;
        std::lock_guard lock(store_.mutex_);
        store_.idle_.push_back(std::move(session_));
    }
    Lease(const Lease &) = delete;
    Lease &operator=(const Lease &) = delete;

    engine::Session &session() {
        if (!session_) {
            session_ = store_.engine_.NewSession();
            session_->SetCaller("dashboard");
        }
        return *session_;
    }

private:
    ResultStore &store_;
    std::unique_ptr<engine::Session> session_;
};

ResultStore::ResultStore(engine::Engine &engine, StoreOptions options) : engine_(engine), options_(std::move(options)) {}
ResultStore::~ResultStore() = default;

Values ResultStore::Resolve(const Dashboard &dashboard, Values given) {
    Values values = std::move(given);
    for (const Parameter &parameter : dashboard.parameters) {
        if (values.contains(parameter.name)) continue;
        std::optional<Value> known = DefaultOf(parameter);
        if (known) {
            values[parameter.name] = std::move(*known);
            continue;
        }
        // Options may depend on parameters that stand before this one.
        values[parameter.name] = Value();
        if (!parameter.options_from || dashboard.FindQuery(parameter.options_from->query) == nullptr) continue;
        ResultRef options = Get(dashboard, values, {parameter.options_from->query})[0];
        if (!options->first_column.empty()) values[parameter.name] = options->first_column[0];
    }
    return values;
}

Result<void> ResultStore::Bind(engine::Session &session, const Asked &asked) const {
    const Dashboard &dashboard = asked.dashboard;
    session.Use(dashboard.catalog.empty() ? options_.catalog : dashboard.catalog, dashboard.schema.empty() ? options_.schema : dashboard.schema);
    session.SetCaller("dashboard");
    session.ClearParameters();
    for (const std::string &name : asked.query.parameters) {
        const Parameter *parameter = dashboard.FindParameter(name);
        auto value = asked.values.find(name);
        if (parameter == nullptr || value == asked.values.end()) continue;
        TARN_TRY(sql::ExprPtr bound, ToSql(*parameter, value->second));
        session.SetParameter(name, std::move(bound));
    }
    session.DropTemporaryViews();
    return {};
}

// The queries that it reads stand in its text.
Result<std::unique_ptr<engine::PreparedQuery>> ResultStore::Prepare(engine::Session &session, const Asked &asked) const {
    TARN_CHECK(Bind(session, asked));
    for (const std::string &name : asked.query.reads) {
        auto defined = session.CreateTemporaryView(name, asked.dashboard.FindQuery(name)->sql);
        if (!defined) return Fail(In(name, std::move(defined).error()));
    }
    TARN_TRY(auto prepared, session.Prepare(asked.query.sql));
    if (!prepared) return Fail(NotAQuery());
    return prepared;
}

// The rows of the queries that it reads are there, except those of which nobody can say how long they are true.
Result<std::unique_ptr<engine::PreparedQuery>> ResultStore::PrepareOnRows(engine::Session &session, const Asked &asked) {
    std::vector<engine::HeldRowsRef> rows;
    for (const std::string &name : asked.query.reads) {
        TARN_TRY(auto held, RowsOf(session, {asked.dashboard, asked.values, *asked.dashboard.FindQuery(name)}));
        rows.push_back(std::move(held));
    }
    TARN_CHECK(Bind(session, asked));
    for (size_t i = 0; i < rows.size(); i++) {
        const std::string &name = asked.query.reads[i];
        if (rows[i]) session.DefineRows(name, rows[i]);
        else TARN_CHECK(session.CreateTemporaryView(name, asked.dashboard.FindQuery(name)->sql));
    }
    return session.Prepare(asked.query.sql);
}

// nullptr: they are not to be kept. Two threads that want the same rows run the query once.
Result<engine::HeldRowsRef> ResultStore::RowsOf(engine::Session &session, const Asked &asked) {
    auto named = [&](auto &&result) { return Fail(In(asked.query.name, std::move(result).error())); };
    auto prepared = Prepare(session, asked);
    if (!prepared) return named(prepared);
    if (!(*prepared)->sources().stable) return nullptr;
    std::string key = "rows\n" + KeyOf(session, asked.dashboard, asked.values, asked.query, (*prepared)->sources());
    {
        std::unique_lock lock(mutex_);
        made_.wait(lock, [&] { return !held_now_.contains(key); });
        if (const Kept *kept = FindLocked(key)) return kept->rows;
        held_now_.insert(key);
    }
    auto made = [&]() -> Result<engine::HeldRowsRef> {
        if (!asked.query.reads.empty()) { TARN_TRY(*prepared, PrepareOnRows(session, asked)); }
        queries_run_++;
        return (*prepared)->Hold();
    }();
    if (made) Keep(key, {nullptr, *made, (*made)->bytes(), {}});
    {
        std::lock_guard lock(mutex_);
        held_now_.erase(key);
    }
    made_.notify_all();
    if (!made) return named(made);
    return *made;
}

// REQUIRES: mutex_ is held.
const ResultStore::Kept *ResultStore::FindLocked(const std::string &key) {
    auto it = kept_.find(key);
    if (it == kept_.end()) return nullptr;
    used_.splice(used_.begin(), used_, it->second.used);
    return &it->second;
}

ResultRef ResultStore::Find(const std::string &key) {
    std::lock_guard lock(mutex_);
    const Kept *kept = FindLocked(key);
    return kept ? kept->result : nullptr;
}

void ResultStore::Keep(const std::string &key, Kept kept) {
    std::lock_guard lock(mutex_);
    if (kept_.contains(key)) return;
    used_.push_front(key);
    kept.used = used_.begin();
    kept.bytes += 2 * key.size();
    bytes_ += kept.bytes;
    kept_[key] = std::move(kept);
    while (bytes_ > options_.max_bytes && used_.size() > 1) {
        auto last = kept_.find(used_.back());
        bytes_ -= last->second.bytes;
        kept_.erase(last);
        used_.pop_back();
    }
}

// `result` holds the beginning of the answer, which names the query and its values.
Result<ResultRef> ResultStore::Answered(engine::Session &session, const Asked &asked, std::shared_ptr<QueryResult> result) {
    auto start = std::chrono::steady_clock::now();
    TARN_TRY(auto prepared, Prepare(session, asked));
    result->versions = VersionsText(prepared->sources());
    std::string key = KeyOf(session, asked.dashboard, asked.values, asked.query, prepared->sources());
    if (prepared->sources().stable) {
        if (ResultRef kept = Find(key)) return kept;
    }
    if (!asked.query.reads.empty()) {
        prepared.reset();
        TARN_TRY(prepared, PrepareOnRows(session, asked));
        result->versions = VersionsText(prepared->sources());
        key = KeyOf(session, asked.dashboard, asked.values, asked.query, prepared->sources());
    }
    queries_run_++;
    TARN_TRY(auto rows, prepared->Run());
    TARN_CHECK(ReadTable(*rows, prepared->sources(), OptionColumn(asked.dashboard, asked.query.name), start, *result));
    result->json += "}";
    if (prepared->sources().stable) Keep(key, {result, nullptr, result->json.size(), {}});
    return result;
}

ResultRef ResultStore::GetOne(engine::Session &session, const Asked &asked) {
    auto result = std::make_shared<QueryResult>();
    result->json = "{\"query\":\"" + asked.query.name + "\",\"parameters\":" + ToJson(asked.values, asked.query.parameters) + ",";
    auto found = Answered(session, asked, result);
    if (found) return *found;
    Error error = std::move(found).error();
    if (error.position.line > 0) error.position.line += asked.query.line - 1;
    result->json += "\"error\":" + ErrorJson(error) + "}";
    result->versions = error.condition;
    result->error = std::move(error);
    return result;
}

std::vector<ResultRef> ResultStore::Get(const Dashboard &dashboard, const Values &values, const std::vector<std::string> &names) {
    std::vector<Question> questions;
    for (const std::string &name : names) questions.push_back({&values, name});
    return Get(dashboard, questions);
}

std::vector<ResultRef> ResultStore::Get(const Dashboard &dashboard, const std::vector<Question> &questions) {
    std::vector<ResultRef> results(questions.size());
    // What looks at the record of AI calls comes after what makes them.
    std::vector<size_t> first, last;
    for (size_t i = 0; i < questions.size(); i++) {
        const NamedQuery *query = dashboard.FindQuery(questions[i].name);
        bool record = query != nullptr && ToLower(query->sql).find("system.ai.") != std::string::npos;
        (record ? last : first).push_back(i);
    }
    Answer(dashboard, questions, first, results);
    Answer(dashboard, questions, last, results);
    return results;
}

void ResultStore::Answer(const Dashboard &dashboard, const std::vector<Question> &questions, const std::vector<size_t> &which, std::vector<ResultRef> &results) {
    if (which.empty()) return;
    std::atomic<size_t> next = 0;
    auto work = [&] {
        Lease lease(*this);
        for (size_t at = next++; at < which.size(); at = next++) {
            size_t i = which[at];
            const std::string &name = questions[i].name;
            const NamedQuery *query = dashboard.FindQuery(name);
            if (query != nullptr) {
                results[i] = GetOne(lease.session(), {dashboard, *questions[i].values, *query});
                continue;
            }
            auto missing = std::make_shared<QueryResult>();
            missing->error = MakeError(ErrorKind::kNotFound, "DASHBOARD_INVALID_DEFINITION", "There is no query `" + name + "`.");
            missing->versions = missing->error->condition;
            missing->json = "{\"query\":";
            AppendJsonString(name, missing->json);
            missing->json += ",\"parameters\":{},\"error\":" + ErrorJson(*missing->error) + "}";
            results[i] = std::move(missing);
        }
    };
    size_t workers = std::min<size_t>(which.size(), std::max(2U, std::thread::hardware_concurrency()));
    std::vector<std::jthread> others;
    for (size_t i = 1; i < workers; i++) others.emplace_back(work);
    work();
}

std::string ResultStore::Fingerprint(const Dashboard &dashboard, const Values &values, const std::vector<std::string> &names) {
    Lease lease(*this);
    std::string text;
    for (const std::string &name : names) {
        const NamedQuery *query = dashboard.FindQuery(name);
        if (query == nullptr) {
            text += name + ":DASHBOARD_INVALID_DEFINITION\n";
            continue;
        }
        auto prepared = Prepare(lease.session(), {dashboard, values, *query});
        text += name + ":" + (prepared ? VersionsText((*prepared)->sources()) : prepared.error().condition) + "\n";
    }
    return text;
}

std::string ResultStore::Fingerprint(const std::vector<std::string> &names, const std::vector<ResultRef> &results) {
    std::string text;
    for (size_t i = 0; i < names.size(); i++) text += names[i] + ":" + results[i]->versions + "\n";
    return text;
}

Result<void> ResultStore::Rows(const Dashboard &dashboard, const Values &values, const std::string &name,
                               const std::function<Result<void>(engine::ResultSet &)> &use) {
    const NamedQuery *query = dashboard.FindQuery(name);
    if (query == nullptr) return Fail(ErrorKind::kNotFound, "DASHBOARD_NOT_FOUND", "The dashboard `" + dashboard.name + "` has no query `" + name + "`.");
    Lease lease(*this);
    TARN_TRY(auto prepared, PrepareOnRows(lease.session(), {dashboard, values, *query}));
    if (!prepared) return Fail(NotAQuery());
    queries_run_++;
    TARN_TRY(auto rows, prepared->Run());
    return use(*rows);
}

}  // namespace tarn::dashboards
