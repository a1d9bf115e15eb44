#include "engine/internal/statement_context.h"

#include "ai/service.h"
#include "base/nearest.h"
#include "delta/change_feed.h"
#include "delta/schema.h"
#include "engine/internal/ai_functions.h"
#include "engine/internal/changes.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/duck_error.h"
#include "engine/internal/forecast_functions.h"
#include "engine/internal/json_scan.h"
#include "engine/internal/read_files.h"
#include "engine/internal/secret_functions.h"
#include "engine/internal/table_change.h"
#include "engine/internal/types.h"
#include "sql/functions.h"
#include "sql/parser.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

constexpr int kMaxViewDepth = 100;

// Microseconds since 1970 of a constant timestamp expression, by DuckDB's own reading of it.
Result<int64_t> EvaluateTimestamp(StatementContext &context, const sql::Expr &expr) {
    auto invalid = [&](const char *reason, const std::string &why) {
        Error error = MakeError(ErrorKind::kInvalidInput, std::string("INVALID_TIME_TRAVEL_TIMESTAMP_EXPR.") + reason,
                                "The time travel timestamp expression \"" + sql::ColumnNameOf(expr) + "\" is invalid. " + why);
        error.position = expr.position;
        return Fail(std::move(error));
    };
    TARN_TRY(std::string text, context.Expr(expr));
    return Guard([&]() -> Result<int64_t> {
        auto result = context.session().connection.Query("SELECT epoch_us(CAST((" + text + ") AS TIMESTAMP WITH TIME ZONE))");
        if (result->HasError()) {
            bool unknown = FromDuckError(result->GetErrorObject()).condition.starts_with("UNRESOLVED_");
            if (unknown) return invalid("UNEVALUABLE", "It must be evaluable without reading a table.");
            return invalid("INPUT", "Its value cannot be cast to a timestamp.");
        }
        if (result->GetValue(0, 0).IsNull()) return invalid("INPUT", "It is NULL, or cannot be cast to a timestamp.");
        return result->GetValue(0, 0).GetValue<int64_t>();
    });
}

// A query does not see VOID columns and members, of which no file holds anything.
void DropVoid(DataType &type) {
    std::erase_if(type.fields, [](const Field &field) { return field.type.kind == TypeKind::kNull; });
    for (Field &field : type.fields) DropVoid(field.type);
}

}  // namespace

StatementContext::StatementContext(SessionState &session, StreamInputs *streams)
    : session_(session), streams_(streams), lease_(session.engine.sources), catalog_(session.current_catalog),
      schema_(session.current_schema) {}

StatementContext::~StatementContext() {
    for (const auto &uses : filter_uses_) {
        // A note that is lost does no harm.
        if (auto columns = uses->columns(); !columns.empty()) (void)session_.engine.catalog->NoteFilters(uses->location(), columns, DayNow());
    }
}

Result<std::string> StatementContext::Query(const sql::Query &query) {
    TARN_TRY(std::string text, sql::RenderQuery(query, *this));
    TARN_CHECK(DefineHelpers());
    return text;
}

Result<std::string> StatementContext::Expr(const sql::Expr &expr, const std::vector<sql::ScopeRelation> &scope) {
    TARN_TRY(std::string text, sql::RenderExpr(expr, *this, scope));
    TARN_CHECK(DefineHelpers());
    return text;
}

Result<std::string> StatementContext::From(const sql::Relation &relation) {
    TARN_TRY(std::string text, sql::RenderRelation(relation, *this));
    TARN_CHECK(DefineHelpers());
    return text;
}

Result<std::string> StatementContext::UseHelper(const std::string &name) {
    helpers.insert(name);
    TARN_CHECK(DefineHelpers());
    return name;
}

// Spark functions that DuckDB lacks are macros; a session defines each when it is first used, so that opening stays fast.
Result<void> StatementContext::DefineHelpers() {
    auto define = [&](auto &&self, std::string_view name) -> Result<void> {
        if (session_.helpers.contains(name)) return {};
        const sql::HelperMacro *macro = sql::FindHelperMacro(name);
        TARN_ASSERT(macro != nullptr);
        std::string_view needs = macro->needs;
        while (!needs.empty()) {
            std::string_view one = needs.substr(0, needs.find(' '));
            needs.remove_prefix(std::min(needs.size(), one.size() + 1));
            if (!one.empty()) TARN_CHECK(self(self, one));
        }
        return Guard([&]() -> Result<void> {
            auto result = session_.connection.Query(std::string(macro->ddl));
            if (result->HasError()) return Fail(FromDuckError(result->GetErrorObject()));
            session_.helpers.emplace(name);
            return {};
        });
    };
    for (const std::string &name : helpers) TARN_CHECK(define(define, name));
    return {};
}

Result<catalog::TableName> StatementContext::FullName(const sql::Name &name) const {
    switch (name.parts.size()) {
        case 1: return catalog::TableName{catalog_, schema_, name.parts[0]};
        case 2: return catalog::TableName{catalog_, name.parts[0], name.parts[1]};
        case 3: return catalog::TableName{name.parts[0], name.parts[1], name.parts[2]};
        default: break;
    }
    Error error = MakeError(ErrorKind::kInvalidInput, "PARSE_SYNTAX_ERROR",
                            "`" + name.ToString() + "` is not a table name: expected at most catalog.schema.table.");
    error.position = name.position;
    return Fail(std::move(error));
}

std::unexpected<Error> StatementContext::TableNotFound(const catalog::TableName &name, SourcePosition position) {
    Error error = MakeError(ErrorKind::kNotFound, "TABLE_OR_VIEW_NOT_FOUND",
                            "The table or view " + name.ToQuoted() + " cannot be found. Verify the spelling and "
                            "correctness of the schema and catalog.");
    error.position = position;
    std::vector<std::string> known;
    if (auto tables = session_.engine.catalog->ListTables(name.catalog, name.schema)) {
        for (auto &entry : *tables) known.push_back(entry.name.table);
    }
    for (auto &[view, definition] : session_.temporary_views) known.push_back(view);
    std::string near = QuoteList(NearestNames(name.table, known, 3));
    if (!near.empty()) error.remedy = "Did you mean " + near + "?";
    return Fail(std::move(error));
}

Result<catalog::TableEntry> StatementContext::FindTable(const sql::Name &name) {
    TARN_TRY(catalog::TableName full, FullName(name));
    TARN_TRY(auto entry, session_.engine.catalog->FindTable(full));
    if (!entry) return TableNotFound(full, name.position);
    return *entry;
}

Result<delta::SnapshotPtr> StatementContext::LoadPinned(const std::string &location, std::optional<int64_t> version) {
    if (!version && session_.atomic) return session_.atomic->SnapshotOf(location);
    if (!version) {
        // Managed tables change together: a statement reads all of them as of one moment.
        if (!moment_) { TARN_TRY(moment_, session_.engine.catalog->ManagedVersions()); }
        if (auto managed = moment_->find(location); managed != moment_->end()) version = managed->second;
    }
    return session_.engine.tables->Load(location, version);
}

Result<delta::SnapshotPtr> StatementContext::SnapshotOf(const std::string &location, const sql::TableRef *travel) {
    std::optional<int64_t> version;
    if (travel && travel->version) version = travel->version;
    if (travel && travel->timestamp) {
        TARN_TRY(int64_t micros, EvaluateTimestamp(*this, *travel->timestamp));
        TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
        TARN_TRY(version, delta::VersionAt(*store, location, micros / 1000));
    }
    std::string key = version ? location + "@" + std::to_string(*version) : location;
    if (auto it = pinned_.find(key); it != pinned_.end()) return it->second;
    TARN_TRY(delta::SnapshotPtr snapshot, LoadPinned(location, version));
    pinned_[key] = snapshot;
    versions_read_[location] = snapshot->version;
    return snapshot;
}

std::string StatementContext::ScanText(std::shared_ptr<const TableScan> scan) {
    return "tarn_scan(" + std::to_string(lease_.Add(std::move(scan))) + ")";
}

Result<std::string> StatementContext::ScanText(const delta::Snapshot &snapshot) {
    TARN_TRY(std::shared_ptr<TableScan> scan, ScanOf(snapshot));
    DropVoid(scan->schema);
    if (scan->schema.fields.empty()) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_READ_TABLE_WITHOUT_COLUMNS",
                    "The Delta table " + snapshot.table_root + (snapshot.metadata.schema.fields.empty() ? " has no columns." : " has no columns but VOID ones, which are not read."));
    }
    if (snapshot.metadata.configuration.contains(kClusterByAuto)) {
        scan->uses = filter_uses_.emplace_back(std::make_shared<FilterUses>(snapshot.table_root));
    }
    return ScanText(std::move(scan));
}

Result<TargetTable> StatementContext::FindTarget(const sql::Name &name, bool is_path, bool for_write) {
    TargetTable target;
    if (is_path) {
        TARN_TRY(target.location, storage::CanonicalPath(name.Last()));
    } else {
        TARN_TRY(catalog::TableEntry entry, FindTable(name));
        if (entry.IsView()) {
            return Fail(ErrorKind::kInvalidInput, "WRONG_COMMAND_FOR_OBJECT_TYPE",
                        entry.name.ToQuoted() + " is a view: its rows cannot be changed. Change the tables it reads.");
        }
        target.name = entry.name;
        target.location = entry.location;
    }
    if (for_write) session_.target = target.location;
    TARN_TRY(target.snapshot, SnapshotOf(target.location));
    if (for_write && session_.atomic && !session_.atomic->Manages(target.location)) {
        Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                                "BEGIN ATOMIC … END changes catalog-managed tables only, and " + target.ToString() + " is none.");
        error.remedy = "Create the table with TBLPROPERTIES ('delta.feature.catalogManaged' = 'supported').";
        return Fail(std::move(error));
    }
    if (for_write) TARN_CHECK(delta::CheckWritable(*target.snapshot, kCapabilities));
    return target;
}

Result<std::string> StatementContext::RenderTable(const sql::TableRef &table) {
    if (table.is_path) return RenderPath(table);
    if (table.name.parts.size() == 1 && sees_temporary_) {
        auto it = session_.temporary_views.find(ToLower(table.name.parts[0]));
        if (it != session_.temporary_views.end()) {
            const TemporaryView view = it->second;
            if (view.rows) return RenderRows(*view.rows);
            return RenderView(table.name.parts[0], view.text, view.catalog, view.schema, view.columns, true);
        }
    }
    if (auto full = FullName(table.name)) {
        if (std::string text = AiTable(full->catalog, full->schema, full->table); !text.empty()) {
            reads_files_ = true;  // It has no versions.
            return text;
        }
    }
    TARN_TRY(catalog::TableEntry entry, FindTable(table.name));
    if (entry.IsView()) {
        if (table.version || table.timestamp) {
            return Fail(ErrorKind::kInvalidInput, "UNSUPPORTED_FEATURE.TIME_TRAVEL",
                        "Time travel on the view " + entry.name.ToQuoted() + " is not supported. Query its tables instead.");
        }
        return RenderView(entry.name.ToString(), entry.view_text, entry.view_catalog, entry.view_schema, entry.view_columns, false);
    }
    if (table.stream && streams_) {
        auto it = streams_->tables.find(ToLower(entry.name.ToString()));
        if (it != streams_->tables.end()) return RenderStream(entry.location, it->second);
    }
    if (!table.version && !table.timestamp) named_.insert(entry.location);
    TARN_TRY(delta::SnapshotPtr snapshot, SnapshotOf(entry.location, &table));
    return ScanText(*snapshot);
}

std::string StatementContext::RenderRows(const HeldQuery &rows) {
    for (const auto &[location, version] : rows.sources().tables) versions_read_[location] = version;
    if (!rows.sources().stable) unstable = true;
    return rows.Text();
}

Result<std::string> StatementContext::RenderView(const std::string &name, const std::string &text,
                                                 const std::string &catalog, const std::string &schema,
                                                 const std::vector<std::string> &columns, bool temporary) {
    if (++view_depth_ > kMaxViewDepth) {
        return Fail(ErrorKind::kInvalidInput, "RECURSIVE_VIEW", "The view " + name + " refers to itself, directly or through others.");
    }
    TARN_TRY(sql::QueryPtr query, sql::ParseQuery(text, {1, 1}, &session_.parameters));
    std::string outer_catalog = std::exchange(catalog_, catalog);
    std::string outer_schema = std::exchange(schema_, schema);
    bool outer_sees = std::exchange(sees_temporary_, temporary);
    auto rendered = sql::RenderQuery(*query, *this);
    catalog_ = std::move(outer_catalog);
    schema_ = std::move(outer_schema);
    sees_temporary_ = outer_sees;
    view_depth_--;
    if (!rendered) {
        Error error = std::move(rendered).error();
        error.position = {};  // It would point into the view's text, not the user's.
        error.message = "In view " + name + ": " + error.message;
        return Fail(std::move(error));
    }
    // The columns are those of the day the view was made, whatever its tables have gained since.
    std::string list;
    for (const std::string &column : columns) list += (list.empty() ? "" : ", ") + sql::QuoteIdentifier(column);
    if (list.empty()) return "(" + *rendered + ")";
    return "(SELECT " + list + " FROM (" + *rendered + "))";
}

Result<std::string> StatementContext::RenderPath(const sql::TableRef &table) {
    std::string format = ToLower(table.name.parts.front());
    if (format == "delta") {
        TARN_TRY(std::string location, storage::CanonicalPath(table.name.Last()));
        if (!table.version && !table.timestamp) named_.insert(location);
        TARN_TRY(delta::SnapshotPtr snapshot, SnapshotOf(location, &table));
        return ScanText(*snapshot);
    }
    ReadFilesOptions options;
    options.path = table.name.Last();
    options.format = format;
    options.rescued_column.clear();
    reads_files_ = true;
    return RenderReadFiles(options, lease_, nullptr);
}

Result<std::string> StatementContext::SetCopySource(const ReadFilesOptions &options, std::vector<SourceFile> files) {
    StreamInputs::FileSet set;
    set.files = std::move(files);
    TARN_TRY(copy_source_, RenderReadFiles(options, lease_, &set));
    bool unnamed = options.format == "csv" && !options.header.value_or(false) && !options.schema;
    if (!unnamed) return copy_source_;
    // Spark's names for columns that have none.
    TARN_TRY(DataType columns, DescribeQuery(session_, "SELECT * FROM " + copy_source_));
    std::string names;
    for (size_t i = 0; i < columns.fields.size(); i++) names += (i > 0 ? ", \"_c" : "\"_c") + std::to_string(i) + "\"";
    copy_source_ = "(SELECT * FROM " + copy_source_ + " AS source(" + names + "))";
    return copy_source_;
}

namespace {

std::unexpected<Error> StreamChanged(const std::string &location, int64_t from, int64_t to) {
    Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_SOURCE_TABLE_IGNORE_CHANGES",
                            "Rows of the streaming source " + location + " were changed or removed between version " + std::to_string(from) +
                                " and " + std::to_string(to) + "; a stream can only follow appended rows.");
    error.remedy = "Run the pipeline with --full-refresh, or read the table without STREAM.";
    return Fail(std::move(error));
}

}  // namespace

Result<std::string> StatementContext::RenderStream(const std::string &location, const StreamInputs::TableRange &range) {
    sql::TableRef travel;
    travel.version = range.to_version;
    TARN_TRY(delta::SnapshotPtr now, SnapshotOf(location, &travel));
    if (!range.from_version) return ScanText(*now);
    travel.version = *range.from_version;
    TARN_TRY(delta::SnapshotPtr before, SnapshotOf(location, &travel));
    std::set<std::string> known;
    before->files.rows().ForEach([&](const delta::FileRow &file) { known.insert(file.Key(location)); });
    std::vector<delta::FilePtr> added;
    size_t kept = 0;
    now->files.rows().ForEach([&](const delta::FileRow &file) {
        if (known.contains(file.Key(location))) kept++;
        else added.push_back(std::make_shared<const delta::AddFile>(file.ToAdd()));
    });
    if (kept != before->files.size()) {
        // Compaction does that, too.
        TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
        TARN_TRY(auto appended, delta::AppendedFiles(*store, location, *range.from_version, range.to_version));
        if (!appended) return StreamChanged(location, *range.from_version, range.to_version);
        added.clear();
        for (delta::AddFile &file : *appended) added.push_back(std::make_shared<const delta::AddFile>(std::move(file)));
    }
    TARN_TRY(std::shared_ptr<TableScan> scan, ScanOfFiles(*now, added));
    return ScanText(std::move(scan));
}

Result<std::string> StatementContext::RenderTableFunction(const sql::TableFunction &function,
                                                          const std::vector<sql::RenderedArgument> &args) {
    if (!copy_source_.empty() && function.name.Last() == sql::kCopySource) return copy_source_;
    if (IsTableChanges(function)) return RenderTableChanges(*this, function, args);
    if (IsForecastFunction(function)) return RenderForecastFunction(function, args, session_.parameters);
    if (EqualsIgnoreCase(function.name.Last(), "list_secrets") && args.empty()) return ListOfSecrets(*session_.engine.secrets);
    if (!EqualsIgnoreCase(function.name.Last(), "read_files")) return RenderContext::RenderTableFunction(function, args);
    TARN_TRY(ReadFilesOptions options, ParseReadFilesOptions(args));
    StreamInputs::FileSet *stream = nullptr;
    if (function.stream && streams_) {
        auto it = streams_->files.find(options.path);
        if (it != streams_->files.end()) stream = &it->second;
    }
    reads_files_ = true;
    TARN_TRY(std::string text, RenderReadFiles(options, lease_, stream));
    // What the next batch goes by.
    if (stream && !stream->schema) {
        TARN_TRY(DataType read, DescribeQuery(session_, "SELECT * FROM " + text));
        stream->schema = stream->known_schema.value_or(DataType::Of(TypeKind::kStruct));
        for (Field &field : read.fields) {
            if (!stream->schema->FindField(field.name)) stream->schema->fields.push_back(std::move(field));
        }
    }
    return text;
}

Result<std::string> StatementContext::Parameter(std::string_view name, SourcePosition position) {
    auto it = session_.parameters.find(std::string(name));
    if (it == session_.parameters.end()) return RenderContext::Parameter(name, position);
    return sql::RenderExpr(*it->second, *this);
}

Result<std::string> StatementContext::RenderFunction(const sql::FunctionCall &call, const std::vector<std::string> &args, SourcePosition position) {
    if (!ToLower(call.name.Last()).starts_with("ai_")) return RenderContext::RenderFunction(call, args, position);
    if (!ai_) { TARN_TRY(ai_, AiLease::Open(session_)); }
    return RenderAiCall(call, args, position, ai_->handle(), session_.engine.ai->settings());
}

sql::Name StatementContext::Qualify(const sql::Name &table) {
    auto full = FullName(table);
    if (!full) return table;
    return {{full->catalog, full->schema, full->table}, table.position};
}

}  // namespace tarn::engine
