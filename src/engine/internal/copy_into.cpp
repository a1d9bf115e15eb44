// COPY INTO: the files of a folder that the table does not have yet, as one commit.
#include "engine/internal/copy_into.h"

#include <fnmatch.h>

#include <algorithm>

#include "engine/internal/duck_run.h"
#include "engine/internal/insert.h"
#include "engine/internal/read_files.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

constexpr int64_t kPreviewRows = 50;

std::unexpected<Error> BadOption(const std::string &message) {
    return Fail(ErrorKind::kInvalidInput, "COPY_INTO_SYNTAX_ERROR", message);
}

Result<bool> BoolOption(const std::string &name, const std::string &value) {
    if (EqualsIgnoreCase(value, "true")) return true;
    if (EqualsIgnoreCase(value, "false")) return false;
    return BadOption("The option '" + name + "' of COPY INTO is 'true' or 'false', not '" + value + "'.");
}

// What FORMAT_OPTIONS and COPY_OPTIONS say to COPY INTO itself, not to the reader.
struct CopyOptions {
    bool force = false;         // Files that were loaded before are loaded again.
    bool merge_schema = false;
    bool skip_corrupt = false;
    bool skip_missing = false;  // Of FILES.
    std::string name_filter;    // pathGlobFilter, over file names.
    std::optional<int64_t> after_us, before_us;
    sql::Properties reader;
};

// One attempt against one version of the table.
class CopyRun {
public:
    CopyRun(SessionState &session, const sql::CopyInto &statement) : session_(session), statement_(statement) {}

    Result<ResultPtr> Run();

private:
    Result<void> ReadOptions();
    Result<int64_t> Moment(const std::string &name, const std::string &text);
    Result<std::vector<SourceFile>> ListFiles() const;
    Result<void> ChooseFiles();
    bool Wanted(const SourceFile &file) const;
    Result<std::string> Rows(StatementContext &context, TableChange &change, const std::string &table, WriteOptions &options) const;
    Result<void> CheckColumns(const std::string &query, const DataType &schema, const std::string &table) const;
    Result<int64_t> Write(TableChange &change, const std::string &rows, const WriteOptions &options);
    Result<ResultPtr> Validate(std::unique_ptr<StatementContext> context, const TargetTable &target);
    Result<size_t> DropCorruptFiles();
    Result<int64_t> Load(const TargetTable &target);

    SessionState &session_;
    const sql::CopyInto &statement_;
    CopyOptions options_;
    ReadFilesOptions reader_;
    delta::SnapshotPtr snapshot_;
    std::vector<SourceFile> files_;
    int64_t corrupt_ = 0;
};

Result<int64_t> CopyRun::Moment(const std::string &name, const std::string &text) {
    auto result = RunToEnd(session_.connection, "SELECT epoch_us(TRY_CAST(" + sql::QuoteLiteral(text) + " AS TIMESTAMPTZ))");
    if (!result || (*result)->GetValue(0, 0).IsNull()) return BadOption("The option '" + name + "' is no timestamp: '" + text + "'.");
    return (*result)->GetValue(0, 0).GetValue<int64_t>();
}

Result<void> CopyRun::ReadOptions() {
    constexpr std::string_view kFormats[] = {"csv", "json", "parquet", "text", "binaryfile"};
    if (std::ranges::find(kFormats, statement_.format) == std::end(kFormats)) {
        bool known = statement_.format == "avro" || statement_.format == "orc";
        return Fail(known ? ErrorKind::kUnsupported : ErrorKind::kInvalidInput, "COPY_INTO_SOURCE_FILE_FORMAT_NOT_SUPPORTED",
                    "The format of the source files must be one of CSV, JSON, PARQUET, TEXT or BINARYFILE, not " + statement_.format + ".");
    }
    for (auto &[name, value] : statement_.copy_options) {
        std::string key = ToLower(name);
        if (key == "force") { TARN_TRY(options_.force, BoolOption(name, value)); }
        else if (key == "mergeschema") { TARN_TRY(options_.merge_schema, BoolOption(name, value)); }
        else return BadOption("COPY_OPTIONS has no option '" + name + "'. Known: force, mergeSchema.");
    }
    for (auto &[name, value] : statement_.format_options) {
        std::string key = ToLower(name);
        if (key == "ignorecorruptfiles") { TARN_TRY(options_.skip_corrupt, BoolOption(name, value)); }
        else if (key == "ignoremissingfiles") { TARN_TRY(options_.skip_missing, BoolOption(name, value)); }
        else if (key == "pathglobfilter" || key == "filenamepattern") options_.name_filter = value;
        else if (key == "modifiedafter") { TARN_TRY(options_.after_us, Moment(name, value)); }
        else if (key == "modifiedbefore") { TARN_TRY(options_.before_us, Moment(name, value)); }
        else if (key != "mergeschema") options_.reader.emplace_back(name, value);  // Of the files among each other: always.
    }
    TARN_TRY(reader_, ParseCopyOptions(statement_.source, statement_.format, options_.reader));
    if ((statement_.by_position || !statement_.columns.empty()) && statement_.format == "csv" && reader_.header.value_or(false)) {
        return BadOption("BY POSITION and a list of columns are for CSV files without a header: set 'header' = 'false'.");
    }
    return {};
}

bool CopyRun::Wanted(const SourceFile &file) const {
    std::string name = file.path.substr(file.path.rfind('/') + 1);
    if (!options_.name_filter.empty() && fnmatch(options_.name_filter.c_str(), name.c_str(), FNM_PERIOD) != 0) return false;
    if (options_.after_us && file.modified_us <= *options_.after_us) return false;
    return !options_.before_us || file.modified_us < *options_.before_us;
}

Result<std::vector<SourceFile>> CopyRun::ListFiles() const {
    std::string base = statement_.source;
    while (base.size() > 1 && base.ends_with('/')) base.pop_back();
    if (!statement_.pattern.empty()) return ListSourceFiles(base + "/" + statement_.pattern);
    if (statement_.files.empty()) return ListSourceFiles(base);
    std::vector<SourceFile> all;
    for (const std::string &name : statement_.files) {
        bool absolute = name.starts_with('/') || !storage::SchemeOf(name).empty();
        auto found = ListSourceFiles(absolute ? name : base + "/" + name);
        bool missing = found ? found->empty() : found.error().kind == ErrorKind::kNotFound;
        if (missing && options_.skip_missing) continue;
        if (missing) return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + base + "/" + name + ".");
        if (!found) return Fail(std::move(found).error());
        all.insert(all.end(), found->begin(), found->end());
    }
    auto by_path = [](const SourceFile &a, const SourceFile &b) { return a.path < b.path; };
    std::ranges::sort(all, by_path);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

Result<void> CopyRun::ChooseFiles() {
    TARN_TRY(std::vector<SourceFile> listed, ListFiles());
    for (SourceFile &file : listed) {
        if (!Wanted(file)) continue;
        bool loaded = snapshot_->transactions.contains(CopyMark(snapshot_->metadata, file.path));
        if (options_.force || !loaded) files_.push_back(std::move(file));
    }
    return {};
}

// A column that the table lacks is spoken of in COPY INTO's own terms.
Result<void> CopyRun::CheckColumns(const std::string &query, const DataType &schema, const std::string &table) const {
    if (options_.merge_schema || statement_.by_position || !statement_.columns.empty()) return {};
    TARN_TRY(DataType columns, DescribeQuery(session_, query));
    std::string unknown;
    for (const Field &field : columns.fields) {
        if (!schema.FindField(field.name)) unknown += (unknown.empty() ? "" : ", ") + field.name + " " + field.type.ToSql();
    }
    if (unknown.empty()) return {};
    Error error = MakeError(ErrorKind::kInvalidInput, "COPY_INTO_SCHEMA_MISMATCH_WITH_TARGET_TABLE",
                            "A schema mismatch was detected while copying into the Delta table " + table +
                                ". Columns of the files that it lacks: " + unknown + ".");
    bool unnamed = statement_.format == "csv" && !reader_.header.value_or(false);
    error.remedy = "COPY_OPTIONS ('mergeSchema' = 'true') adds them; (SELECT … FROM …) gives columns their names" +
                   std::string(unnamed ? ", and so do BY POSITION and FORMAT_OPTIONS ('header' = 'true')." : ".");
    return Fail(std::move(error));
}

// The files' rows with the table's columns: an INSERT of a query over them.
Result<std::string> CopyRun::Rows(StatementContext &context, TableChange &change, const std::string &table,
                                  WriteOptions &options) const {
    TARN_TRY(std::string source, context.SetCopySource(reader_, files_));
    std::string query = "SELECT * FROM " + source;
    if (statement_.query) { TARN_TRY(query, context.Query(*statement_.query)); }
    TARN_CHECK(CheckColumns(query, change.schema(), table));
    sql::Insert insert;
    insert.table = statement_.table;
    insert.is_path = statement_.is_path;
    insert.columns = statement_.columns;
    insert.by_name = !statement_.by_position && statement_.columns.empty();
    insert.schema_evolution = options_.merge_schema;
    return InsertRows(context, insert, std::move(query), change, table, options);
}

Result<int64_t> CopyRun::Write(TableChange &change, const std::string &rows, const WriteOptions &options) {
    TARN_TRY(int64_t written, change.WriteRows(rows, options));
    std::vector<std::string> marks;
    for (const SourceFile &file : files_) marks.push_back(CopyMark(snapshot_->metadata, file.path));
    change.RecordOnce(std::move(marks));
    TARN_CHECK(change.Commit("COPY INTO", {}, {{"numOutputRows", written}, {"numSkippedCorruptFiles", corrupt_}}));
    return written;
}

// Reads each file alone. Returns how many cannot be read; they are left out from now on.
Result<size_t> CopyRun::DropCorruptFiles() {
    std::vector<SourceFile> good;
    for (const SourceFile &file : files_) {
        StatementContext context(session_);
        auto source = context.SetCopySource(reader_, {file});
        bool readable = source && RunToEnd(session_.connection, "SELECT max(hash(source)) FROM (SELECT * FROM " + *source + ") AS source");
        if (readable) good.push_back(file);
    }
    size_t dropped = files_.size() - good.size();
    corrupt_ += static_cast<int64_t>(dropped);
    files_ = std::move(good);
    return dropped;
}

Result<int64_t> CopyRun::Load(const TargetTable &target) {
    StatementContext context(session_);
    TableChange change(context, target);
    WriteOptions options;
    TARN_TRY(std::string rows, Rows(context, change, target.ToString(), options));
    return Write(change, rows, options);
}

// Everything but the commit, and a look at the first rows.
Result<ResultPtr> CopyRun::Validate(std::unique_ptr<StatementContext> context, const TargetTable &target) {
    TableChange change(*context, target);
    WriteOptions options;
    TARN_TRY(std::string rows, Rows(*context, change, target.ToString(), options));
    if (statement_.validate_rows) rows += " LIMIT " + std::to_string(*statement_.validate_rows);
    TARN_CHECK(change.WriteRows(rows, options));
    std::string preview = "SELECT * FROM (" + rows + ") LIMIT " + std::to_string(kPreviewRows);
    return RunQuery(session_, std::move(context), preview);
}

Result<ResultPtr> CopyRun::Run() {
    TARN_CHECK(ReadOptions());
    auto context = std::make_unique<StatementContext>(session_);
    TARN_TRY(TargetTable target, context->FindTarget(statement_.table, statement_.is_path));
    snapshot_ = target.snapshot;
    TARN_CHECK(ChooseFiles());
    if (statement_.validate && !files_.empty()) return Validate(std::move(context), target);
    int64_t rows = 0;
    if (!files_.empty() && !statement_.validate) {
        auto loaded = Load(target);
        if (!loaded && options_.skip_corrupt && loaded.error().kind != ErrorKind::kConflict) {
            TARN_TRY(size_t dropped, DropCorruptFiles());
            if (dropped > 0 && files_.empty()) loaded = 0;
            else if (dropped > 0) loaded = Load(target);
        }
        if (!loaded) return Fail(std::move(loaded).error());
        rows = *loaded;
    }
    return CountsResult({{"num_affected_rows", rows}, {"num_inserted_rows", rows}, {"num_skipped_corrupt_files", corrupt_}});
}

}  // namespace

// Whoever loses a race to another COPY INTO of the same files is run again (rerun.h), and looks again at what is left to load.
Result<ResultPtr> Execute(SessionState &session, const sql::CopyInto &statement) { return CopyRun(session, statement).Run(); }

}  // namespace tarn::engine
