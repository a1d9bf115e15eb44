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
        engine::AppendJsonString(column.name, json);
        json += ",\"type\":";
        engine::AppendJsonString(column.type.ToString(), json);
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
    engine::AppendJsonString(VersionsText(sources), json);
    json += ",\"milliseconds\":" + std::to_string(static_cast<double>(elapsed) / 1000).substr(0, 8) + "}";
    return {};
}

Error NotAQuery() {
    return MakeError(ErrorKind::kInvalidInput, "DASHBOARD_INVALID_DEFINITION",
                     "A dashboard's SQL block holds one query; other statements belong into a pipeline.");
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
    engine::AppendJsonString(error.condition, json);
    json += ",\"message\":";
    engine::AppendJsonString(error.remedy.empty() ? error.message : error.message + " " + error.remedy, json);
    if (!error.sqlstate.empty()) {
        json += ",\"sqlstate\":";
        engine::AppendJsonString(error.sqlstate, json);
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

Result<Values> ResultStore::Resolve(const Dashboard &dashboard, Values given) {
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

Result<void> ResultStore::Prepare(engine::Session &session, const Dashboard &dashboard, const Values &values, const NamedQuery &query) const {
    session.Use(dashboard.catalog.empty() ? options_.catalog : dashboard.catalog, dashboard.schema.empty() ? options_.schema : dashboard.schema);
    session.SetCaller("dashboard");
    session.ClearParameters();
    for (const std::string &name : query.parameters) {
        const Parameter *parameter = dashboard.FindParameter(name);
        auto value = values.find(name);
        if (parameter == nullptr || value == values.end()) continue;
        TARN_TRY(sql::ExprPtr bound, ToSql(*parameter, value->second));
        session.SetParameter(name, std::move(bound));
    }
    return {};
}

ResultRef ResultStore::Find(const std::string &key) {
    std::lock_guard lock(mutex_);
    auto it = kept_.find(key);
    if (it == kept_.end()) return nullptr;
    used_.splice(used_.begin(), used_, it->second.used);
    return it->second.result;
}

void ResultStore::Keep(const std::string &key, ResultRef result) {
    std::lock_guard lock(mutex_);
    if (kept_.contains(key)) return;
    used_.push_front(key);
    bytes_ += result->json.size() + key.size();
    kept_[key] = {std::move(result), used_.begin()};
    while (bytes_ > options_.max_bytes && used_.size() > 1) {
        auto last = kept_.find(used_.back());
        bytes_ -= last->second.result->json.size() + used_.back().size();
        kept_.erase(last);
        used_.pop_back();
    }
}

ResultRef ResultStore::GetOne(engine::Session &session, const Dashboard &dashboard, const Values &values, const NamedQuery &query) {
    auto start = std::chrono::steady_clock::now();
    auto result = std::make_shared<QueryResult>();
    result->json = "{\"query\":\"" + query.name + "\",\"parameters\":" + ToJson(values, query.parameters) + ",";
    auto run = [&]() -> Result<ResultRef> {
        TARN_CHECK(Prepare(session, dashboard, values, query));
        TARN_TRY(engine::QuerySources sources, session.SourcesOf(query.sql));
        if (!sources.is_query) return Fail(NotAQuery());
        result->versions = VersionsText(sources);
        std::string key = session.current_catalog() + "." + session.current_schema() + "\n" + result->json + "\n" + query.sql;
        for (const auto &[location, version] : sources.tables) key += "\n" + location + "@" + std::to_string(version);
        if (sources.stable) {
            if (ResultRef kept = Find(key)) return kept;
        }
        queries_run_++;
        TARN_TRY(auto rows, session.Execute(query.sql));
        TARN_CHECK(ReadTable(*rows, sources, OptionColumn(dashboard, query.name), start, *result));
        result->json += "}";
        if (sources.stable) Keep(key, result);
        return result;
    };
    auto found = run();
    if (found) return *found;
    Error error = std::move(found).error();
    if (error.position.line > 0) error.position.line += query.line - 1;
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
                results[i] = GetOne(lease.session(), dashboard, *questions[i].values, *query);
                continue;
            }
            auto missing = std::make_shared<QueryResult>();
            missing->error = MakeError(ErrorKind::kNotFound, "DASHBOARD_INVALID_DEFINITION", "There is no query `" + name + "`.");
            missing->versions = missing->error->condition;
            missing->json = "{\"query\":";
            engine::AppendJsonString(name, missing->json);
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
        if (query == nullptr || !Prepare(lease.session(), dashboard, values, *query)) {
            text += name + ":DASHBOARD_INVALID_DEFINITION\n";
            continue;
        }
        auto sources = lease.session().SourcesOf(query->sql);
        bool query_only = !sources || sources->is_query;
        text += name + ":" + (!sources ? sources.error().condition : query_only ? VersionsText(*sources) : NotAQuery().condition) + "\n";
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
    TARN_CHECK(Prepare(lease.session(), dashboard, values, *query));
    TARN_TRY(engine::QuerySources sources, lease.session().SourcesOf(query->sql));
    if (!sources.is_query) return Fail(NotAQuery());
    queries_run_++;
    TARN_TRY(auto rows, lease.session().Execute(query->sql));
    return use(*rows);
}

}  // namespace tarn::dashboards
