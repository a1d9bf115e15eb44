#include "engine/internal/read_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <sys/stat.h>

#include "delta/schema.h"
#include "engine/internal/csv_columns.h"
#include "engine/internal/json_scan.h"
#include "engine/internal/object_source.h"
#include "engine/internal/schema_guess.h"
#include "sql/parser.h"
#include "storage/object_store.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

namespace fs = std::filesystem;

// "a{b,c}d" -> "abd", "acd". Braces nest; an unmatched one stands for itself.
std::vector<std::string> ExpandBraces(const std::string &pattern) {
    size_t open = pattern.find('{');
    if (open == std::string::npos) return {pattern};
    std::vector<std::string> choices{""};
    int depth = 0;
    size_t close = std::string::npos;
    for (size_t i = open; i < pattern.size(); i++) {
        char c = pattern[i];
        if (c == '{' && depth++ == 0) continue;
        if (c == '}' && --depth == 0) {
            close = i;
            break;
        }
        if (c == ',' && depth == 1) choices.emplace_back();
        else choices.back() += c;
    }
    if (close == std::string::npos) return {pattern};
    std::vector<std::string> expanded;
    for (const std::string &tail : ExpandBraces(pattern.substr(close + 1))) {
        for (const std::string &choice : choices) {
            for (const std::string &middle : ExpandBraces(choice)) expanded.push_back(pattern.substr(0, open) + middle + tail);
        }
    }
    return expanded;
}

bool HasWildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }
bool IsHidden(const std::string &name) { return name.starts_with('.') || name.starts_with('_'); }

std::optional<SourceFile> Stat(const fs::path &path) {
    struct stat info;
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    return SourceFile{path.string(), info.st_size, info.st_mtim.tv_sec * 1'000'000 + info.st_mtim.tv_nsec / 1000};
}

using FileMap = std::map<std::string, SourceFile>;

void CollectFolder(const fs::path &folder, FileMap &files) {
    std::error_code failed;
    for (auto &entry : fs::directory_iterator(folder, failed)) {
        if (IsHidden(entry.path().filename().string())) continue;
        if (entry.is_directory(failed)) CollectFolder(entry.path(), files);
        else if (auto file = Stat(entry.path())) files.emplace(file->path, *file);
    }
}

// Walks the pattern's components; only those with wildcards list a folder.
void Match(const fs::path &base, const std::vector<std::string> &components, size_t at, FileMap &files) {
    if (at == components.size()) {
        std::error_code failed;
        if (fs::is_directory(base, failed)) CollectFolder(base, files);
        else if (auto file = Stat(base)) files.emplace(file->path, *file);
        return;
    }
    if (!HasWildcard(components[at])) return Match(base / components[at], components, at + 1, files);
    std::error_code failed;
    for (auto &entry : fs::directory_iterator(base, failed)) {
        std::string name = entry.path().filename().string();
        if (fnmatch(components[at].c_str(), name.c_str(), FNM_PERIOD) == 0) Match(entry.path(), components, at + 1, files);
    }
}

SourceFile OfObject(const storage::ObjectInfo &object) { return {object.path, object.size, object.modified_ms * 1000}; }

// The same in an object store, where folders are beginnings of names: one listing below the part without wildcards.
// Returns whether there is anything in that folder.
Result<bool> MatchObjects(const std::string &pattern, FileMap &files) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(pattern));
    size_t wildcard = pattern.find_first_of("*?[");
    if (wildcard == std::string::npos) {
        auto head = store->Head(pattern);
        if (head) files.emplace(pattern, OfObject(*head));
        if (head) return true;
        if (head.error().kind != ErrorKind::kNotFound) return Fail(std::move(head).error());
    }
    size_t slash = pattern.rfind('/', wildcard);
    if (wildcard != std::string::npos && slash < std::string_view("s3://b").size()) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The pattern " + pattern + " must name its bucket without wildcards.");
    }
    std::string folder = wildcard == std::string::npos ? pattern : pattern.substr(0, slash);
    std::vector<std::string> wanted;
    storage::ListOptions options{.recursive = true};
    if (wildcard != std::string::npos) {
        wanted = storage::SplitPath(std::string_view(pattern).substr(slash + 1));
        options.prefix = pattern.substr(slash + 1, wildcard - slash - 1);
    }
    TARN_TRY(auto objects, store->List(folder, options));
    for (const storage::ObjectInfo &object : objects) {
        std::vector<std::string> parts = storage::SplitPath(storage::RelativePath(folder, object.path));
        if (parts.size() < std::max<size_t>(wanted.size(), 1)) continue;
        bool matches = true;
        for (size_t i = 0; i < parts.size() && matches; i++) {
            matches = i < wanted.size() ? fnmatch(wanted[i].c_str(), parts[i].c_str(), FNM_PERIOD) == 0 : !IsHidden(parts[i]);
        }
        if (matches) files.emplace(object.path, OfObject(object));
    }
    if (!objects.empty() || options.prefix.empty()) return !objects.empty();
    TARN_TRY(auto any, store->List(folder, {.recursive = true, .limit = 1}));
    return !any.empty();
}

std::unexpected<Error> PathNotFound(const std::string &path) {
    Error error = MakeError(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Path does not exist: " + path + ".");
    error.remedy = "Check the path; in a pipeline, the variables it is made of (--var source=DIR).";
    return Fail(std::move(error));
}

// ".json.gz" -> "json"
std::string FormatOf(const std::string &path) {
    fs::path name = fs::path(path).filename();
    if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
    std::string extension = ToLower(name.extension().string());
    if (extension == ".ndjson" || extension == ".jsonl" || extension == ".json") return "json";
    if (extension == ".tsv" || extension == ".csv") return "csv";
    if (extension == ".parquet") return "parquet";
    return "";
}

Result<std::vector<SourceFile>> FilesToRead(const ReadFilesOptions &options, const StreamInputs::FileSet *stream) {
    if (stream) return stream->files;
    TARN_TRY(std::vector<SourceFile> files, ListSourceFiles(options.path));
    if (files.empty()) {
        Error error = MakeError(ErrorKind::kNotFound, "PATH_NOT_FOUND", "No file matches " + options.path + ".");
        error.remedy = "Check the pattern: * and ? do not cross folders, {a,b} lists alternatives.";
        return Fail(std::move(error));
    }
    return files;
}

// What `inferred` has more than `known`: new fields come behind, also those of structs in arrays. Types stay.
void AddNewFields(DataType &known, DataType &&inferred) {
    if (known.kind != inferred.kind) return;
    if (known.kind == TypeKind::kArray) return AddNewFields(known.children[0], std::move(inferred.children[0]));
    if (known.kind != TypeKind::kStruct) return;
    for (Field &field : inferred.fields) {
        auto old = std::ranges::find_if(known.fields, [&](auto &other) { return EqualsIgnoreCase(other.name, field.name); });
        if (old == known.fields.end()) known.fields.push_back(std::move(field));
        else AddNewFields(old->type, std::move(field.type));
    }
}

// Types of earlier batches and hints win; what is new comes behind.
void Overlay(DataType &inferred, const ReadFilesOptions &options, const StreamInputs::FileSet *stream) {
    if (stream && stream->known_schema) {
        DataType merged = *stream->known_schema;
        AddNewFields(merged, std::move(inferred));
        inferred = std::move(merged);
    }
    for (const Field &hint : options.schema_hints) {
        bool found = false;
        for (Field &field : inferred.fields) {
            if (!EqualsIgnoreCase(field.name, hint.name)) continue;
            field.type = hint.type;
            found = true;
        }
        if (!found) inferred.fields.push_back(hint);
    }
}

Result<std::string> RenderJson(const ReadFilesOptions &options, const std::vector<SourceFile> &files,
                               ScanSources::Lease &lease, StreamInputs::FileSet *stream) {
    auto scan = std::make_shared<JsonScan>();
    scan->rescued_column = options.rescued_column;
    scan->options.mode = options.format == "mongo" ? extjson::Mode::kMongo : extjson::Mode::kJson;
    std::vector<extjson::InputFile> inputs;
    for (const SourceFile &file : files) {
        scan->files.push_back({file.path, file.size, file.modified_us});
        inputs.push_back(InputOf(scan->files.back()));
    }
    bool fixed = stream && stream->known_schema && options.evolution != SchemaEvolution::kAddNewColumns;
    if (options.schema) {
        scan->schema = *options.schema;
    } else if (fixed) {
        scan->schema = *stream->known_schema;
    } else if (stream && stream->known_schema && stream->trust) {
        scan->schema = *stream->known_schema;
        scan->options.known_fields_only = true;
    } else {
        // A stream's batch can be run again should the guess not hold.
        bool may_guess = stream && stream->trust && !stream->known_schema && options.schema_hints.empty();
        std::optional<SchemaGuess> guess = may_guess ? GuessSchema(scan->files, scan->options) : std::nullopt;
        if (guess) {
            scan->schema = std::move(guess->schema);
            scan->options.known_fields_only = true;
            scan->options.guessed_paths = std::move(guess->paths);
            stream->guessed = true;
        } else {
            TARN_TRY(scan->schema, extjson::InferSchema(inputs, scan->options));
            Overlay(scan->schema, options, stream);
        }
    }
    if (scan->schema.fields.empty()) {
        return Fail(ErrorKind::kInvalidInput, "UNABLE_TO_INFER_SCHEMA",
                    "Unable to infer a schema from " + (files.size() == 1 ? files[0].path : options.path) +
                        ": at byte 0 begins an array without documents. Export again, or give `schema => '…'`.");
    }
    if (stream) stream->schema = scan->schema;
    return "tarn_read_json(" + std::to_string(lease.Add(std::move(scan))) + ")";
}

std::string FileList(const std::vector<SourceFile> &files) {
    std::string list;
    for (const SourceFile &file : files) list += (list.empty() ? "" : ", ") + sql::QuoteLiteral(file.path);
    return "[" + list + "]";
}

// Where a CSV file's row came from, as a column beside the file's own.
constexpr const char *kCsvFile = "__tarn_file";

std::string RenderTypes(const std::vector<Field> &fields) {
    std::string types;
    for (const Field &field : fields) {
        types += (types.empty() ? "" : ", ") + sql::QuoteLiteral(field.name) + ": " + sql::QuoteLiteral(sql::RenderType(field.type));
    }
    return "{" + types + "}";
}

// `types` are the columns that are not inferred.
std::string CsvCall(const ReadFilesOptions &options, const std::vector<SourceFile> &files, const std::vector<Field> &types) {
    // The whole input decides the types, so that no value is ever out of place.
    std::string call = "read_csv(" + FileList(files) + ", union_by_name = true, " +
                       (options.infer_types ? "sample_size = -1" : "all_varchar = true, allow_quoted_nulls = false");
    if (options.drop_malformed) call += ", ignore_errors = true";
    if (!options.encoding.empty()) call += ", encoding = " + sql::QuoteLiteral(options.encoding);
    if (options.header) call += std::string(", header = ") + (*options.header ? "true" : "false");
    // Spark's defaults. What DuckDB would find out by itself (a separator, comments, lines before the header, day or month first) it finds in
    // lines that fit by chance, and leaves out those that do not.
    call += ", delim = " + sql::QuoteLiteral(options.delimiter.empty() ? "," : options.delimiter) + ", skip = 0, comment = '', dateformat = '%Y-%m-%d'";
    if (!options.quote.empty()) call += ", quote = " + sql::QuoteLiteral(options.quote);
    if (!options.escape.empty()) call += ", escape = " + sql::QuoteLiteral(options.escape);
    // An empty field is NULL whatever else is.
    if (!options.null_value.empty()) call += ", nullstr = ['', " + sql::QuoteLiteral(options.null_value) + "]";
    if (options.schema) call += ", columns = " + RenderTypes(options.schema->fields);
    else if (!types.empty()) call += ", types = " + RenderTypes(types);
    return call;
}

const Field *FindByName(const std::vector<Field> &fields, const std::string &name) {
    auto it = std::ranges::find_if(fields, [&](const Field &field) { return EqualsIgnoreCase(field.name, name); });
    return it == fields.end() ? nullptr : &*it;
}

// A column of a known type that these files seem to give another, and every known STRING, is read as text.
Result<std::string> RenderCsv(const ReadFilesOptions &options, const std::vector<SourceFile> &files, ScanSources::Lease &lease,
                              StreamInputs::FileSet *stream) {
    std::string none = options.rescued_column.empty() ? "" : ", CAST(NULL AS VARCHAR) AS " + sql::QuoteIdentifier(options.rescued_column);
    std::string call = CsvCall(options, files, options.schema_hints) + ")";
    std::string plain = "(SELECT *" + none + " FROM " + call + ")";
    if (!stream || options.schema) return plain;
    TARN_TRY(DataType columns, DescribeCall(lease, call));
    stream->schema = columns;
    Overlay(*stream->schema, options, stream);
    if (!stream->known_schema) return plain;
    std::vector<Field> types = options.schema_hints;
    std::string list;
    RescuedTexts rescued;
    for (const Field &column : columns.fields) {
        const Field *known = FindByName(options.schema_hints, column.name) ? nullptr : FindByName(stream->known_schema->fields, column.name);
        std::string name = sql::QuoteIdentifier(column.name), text = "csv." + name, value = text;
        bool is_text = known && known->type.kind == TypeKind::kString;
        if (is_text || (known && known->type.ToString() != column.type.ToString())) {
            types.push_back({column.name, DataType::Of(TypeKind::kString)});
            if (!is_text) value = ExactCast(text, known->type);
            if (!is_text) rescued.Add(column.name, text, value);
        }
        list += (list.empty() ? "" : ", ") + value + " AS " + name;
    }
    call = CsvCall(options, files, types) + ", filename = " + sql::QuoteLiteral(kCsvFile) + ")";
    if (!none.empty()) list += ", " + rescued.Render(std::string("csv.") + kCsvFile) + " AS " + sql::QuoteIdentifier(options.rescued_column);
    return "(SELECT " + list + " FROM " + call + " AS csv)";
}

// A row for each line, without its end; or for each file.
std::string RenderText(const ReadFilesOptions &options, const std::vector<SourceFile> &files) {
    std::string read = " FROM read_text(" + FileList(files) + ")";
    if (options.whole_text) return "SELECT content AS value" + read;
    std::string lines = "replace(replace(content, chr(13) || chr(10), chr(10)), chr(13), chr(10))";
    return "SELECT unnest(string_split(regexp_replace(" + lines + ", '\\n$', ''), chr(10))) AS value" + read + " WHERE size > 0";
}

std::string RenderBinary(const std::vector<SourceFile> &files) {
    return "SELECT filename AS path, CAST(last_modified AS TIMESTAMPTZ) AS \"modificationTime\", CAST(size AS BIGINT) AS length, content "
           "FROM read_blob(" + FileList(files) + ")";
}

// Options that mean something to one format only, and would be taken for heard with another.
Result<void> CheckOptions(const ReadFilesOptions &options) {
    auto refuse = [&](const std::string &option) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", option + " is not supported for the format '" + options.format + "'.");
    };
    bool json = options.format == "mongo" || options.format == "json";
    if (options.format == "csv") return {};
    if (options.drop_malformed) return refuse("mode => 'DROPMALFORMED'");
    if (!options.encoding.empty()) return refuse("An encoding other than UTF-8");
    if (json && !options.infer_types) return refuse("inferColumnTypes => false");
    if (!json && options.evolution != SchemaEvolution::kAddNewColumns) return refuse("schemaEvolutionMode");
    return {};
}

}  // namespace

Result<std::vector<SourceFile>> ListSourceFiles(const std::string &path) {
    FileMap files;
    bool folder_exists = false;
    for (const std::string &pattern : ExpandBraces(path)) {
        TARN_TRY(std::string canonical, storage::CanonicalPath(pattern));
        if (!storage::IsLocalPath(canonical)) {
            TARN_TRY(bool found, MatchObjects(canonical, files));
            folder_exists |= found;
            continue;
        }
        std::vector<std::string> components;
        fs::path fixed;
        for (const fs::path &part : fs::path(canonical)) {
            std::string text = part.string();
            if (components.empty() && !HasWildcard(text)) fixed /= text;
            else components.push_back(text);
        }
        std::error_code failed;
        folder_exists |= fs::exists(fixed, failed);
        if (components.empty() && path.find('{') != std::string::npos) folder_exists |= fs::exists(fixed.parent_path(), failed);
        Match(fixed, components, 0, files);
    }
    if (!folder_exists) return PathNotFound(path);
    std::vector<SourceFile> sorted;
    for (auto &[name, file] : files) sorted.push_back(std::move(file));
    return sorted;
}

Result<std::string> RenderReadFiles(const ReadFilesOptions &given, ScanSources::Lease &lease, StreamInputs::FileSet *stream) {
    ReadFilesOptions options = given;
    TARN_TRY(std::vector<SourceFile> files, FilesToRead(options, stream));
    if (options.format.empty() && !files.empty()) options.format = FormatOf(files[0].path);
    TARN_CHECK(CheckOptions(options));
    // A stream that has no news, in a flow where another one has.
    if (files.empty() && stream && stream->known_schema) {
        std::string columns;
        for (const Field &field : stream->known_schema->fields) {
            columns += (columns.empty() ? "" : ", ") + ("CAST(NULL AS " + sql::RenderType(field.type)) + ") AS " + sql::QuoteIdentifier(field.name);
        }
        stream->schema = stream->known_schema;
        return "(SELECT " + columns + " WHERE FALSE)";
    }
    if (options.format == "mongo" || options.format == "json") return RenderJson(options, files, lease, stream);
    if (files.empty()) {
        return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "No file matches " + options.path + ".");
    }
    std::string rescued = options.rescued_column.empty() ? "" : ", CAST(NULL AS VARCHAR) AS " + sql::QuoteIdentifier(options.rescued_column);
    if (options.format == "csv") return RenderCsv(options, files, lease, stream);
    if (options.format == "text") return "(SELECT *" + rescued + " FROM (" + RenderText(options, files) + "))";
    if (options.format == "binaryfile") return "(SELECT *" + rescued + " FROM (" + RenderBinary(files) + "))";
    if (options.format == "parquet") {
        return "(SELECT *" + rescued + " FROM read_parquet(" + FileList(files) + ", union_by_name = true))";
    }
    return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                options.format.empty() ? "Cannot tell the format of " + options.path + " by its name; add format => 'mongo', "
                                         "'json', 'csv', 'parquet', 'text' or 'binaryFile'."
                                       : "read_files cannot read the format '" + options.format +
                                         "'; known are mongo, json, csv, parquet, text and binaryFile.");
}

std::string StreamKey(const sql::TableFunction &function) {
    auto options = ParseReadFilesOptions(function);
    return options ? options->path : "";
}

}  // namespace tarn::engine
