#include "engine/session.h"

#include "engine/internal/flows.h"
#include "engine/internal/rerun.h"
#include "engine/internal/state.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "secrets/redaction.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

// Statement kinds that have an Execute overload; the others are refused by name.
template <class T>
concept Executable = requires(SessionState &session, const T &statement) {
    { Execute(session, statement) } -> std::same_as<Result<ResultPtr>>;
};

template <class T>
std::string KindName() {
    if constexpr (std::is_same_v<T, sql::CreateCatalog>) return "CREATE CATALOG";
    else if constexpr (std::is_same_v<T, sql::AlterViewQuery>) return "ALTER VIEW … AS";
    else if constexpr (std::is_same_v<T, sql::CommentOn>) return "COMMENT ON";
    else return "This statement";
}

template <class T>
constexpr bool kIsPipelineStatement =
    std::is_same_v<T, sql::CreateStreamingTable> || std::is_same_v<T, sql::CreateMaterializedView> ||
    std::is_same_v<T, sql::CreateAutoCdcFlow> || std::is_same_v<T, sql::CreateInsertFlow>;

}  // namespace

Session::Session(EngineState &engine) : state_(std::make_unique<SessionState>(engine)) {
    // The planner's texts assume UTC; ICU is linked into the library.
    state_->connection.Query("SET TimeZone = 'UTC'");
    state_->flows = MakeFlowRunner(*state_);
}

Session::~Session() = default;

Result<std::unique_ptr<ResultSet>> Session::Execute(std::string_view text) {
    TARN_TRY(sql::Statement statement, sql::ParseStatement(text, {1, 1}, &state_->parameters));
    return Execute(statement, text);
}

Result<std::unique_ptr<ResultSet>> Session::Execute(const sql::Statement &statement, std::string_view) {
    auto done = std::visit(
        [&]<class T>(const T &node) -> Result<std::unique_ptr<ResultSet>> {
            if constexpr (Executable<T> && kMayRunAgain<T>) {
                return RunUntilItWins(*state_, [&] { return engine::Execute(*state_, node); });
            } else if constexpr (Executable<T>) {
                return engine::Execute(*state_, node);
            } else if constexpr (std::is_same_v<T, sql::Reset>) {
                if (node.key.empty()) state_->settings.clear();
                else state_->settings.erase(node.key);
                return NoRows();
            } else if constexpr (std::is_same_v<T, sql::Maintenance>) {
                return NoRows();  // Nothing is cached that could be out of date.
            } else if constexpr (kIsPipelineStatement<T>) {
                Error error = MakeError(ErrorKind::kInvalidInput, "STREAMING_TABLE_OPERATION_NOT_ALLOWED",
                                        "Streaming tables, materialized views and flows belong to a pipeline.");
                error.remedy = "Put the statement into a file of the project's pipeline and use `tarn run`.";
                return Fail(std::move(error));
            } else {
                return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", KindName<T>() + " is not supported yet.");
            }
        },
        statement.node);
    if (!done && secrets::AnythingHidden()) return Fail(secrets::Redacted(std::move(done).error()));
    return done;
}

void Session::SetParameter(const std::string &name, const std::string &value) { SetParameter(name, sql::StringValue(value)); }
void Session::SetParameter(const std::string &name, sql::ExprPtr value) { state_->parameters[name] = std::move(value); }
void Session::ClearParameters() { state_->parameters.clear(); }

Result<std::unique_ptr<PreparedQuery>> Session::Prepare(std::string_view text) {
    TARN_TRY(sql::Statement statement, sql::ParseStatement(text, {1, 1}, &state_->parameters));
    const auto *query = statement.As<sql::QueryStatement>();
    if (query == nullptr) return nullptr;
    return PrepareQuery(*state_, *query);
}

void Session::Use(const std::string &catalog, const std::string &schema) {
    state_->current_catalog = catalog;
    state_->current_schema = schema;
}

const std::string &Session::current_catalog() const { return state_->current_catalog; }
const std::string &Session::current_schema() const { return state_->current_schema; }

Result<void> Session::CreateTemporaryView(const std::string &name, const std::string &query_text) {
    TARN_CHECK(sql::ParseQuery(query_text, {1, 1}, &state_->parameters));
    state_->temporary_views[ToLower(name)] = {query_text, state_->current_catalog, state_->current_schema, {}, nullptr};
    return {};
}

void Session::DefineRows(const std::string &name, HeldRowsRef rows) {
    state_->temporary_views[ToLower(name)] = {{}, {}, {}, {}, std::static_pointer_cast<const HeldQuery>(std::move(rows))};
}

void Session::DropTemporaryViews() { state_->temporary_views.clear(); }

void Session::Interrupt() { state_->connection.Interrupt(); }

void Session::SetCaller(const std::string &caller) { state_->caller = caller; }
std::vector<std::string> Session::TakeNotes() { return std::exchange(state_->notes, {}); }

FlowRunner &Session::flows() { return *state_->flows; }

}  // namespace tarn::engine
