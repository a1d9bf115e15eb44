// The options of read_files and COPY INTO, by Databricks' names.
#include <algorithm>

#include "engine/internal/json_scan.h"
#include "engine/internal/read_files.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

// They change nothing here: how much a trigger takes in, where a schema is tracked, what is always done (files of folders below,
// documents over several lines, Parquet files of different columns), what is never done (passing over a damaged file in silence).
constexpr std::string_view kIgnoredOptions[] = {
    "multiline", "maxfilespertrigger", "maxbytespertrigger", "includeexistingfiles", "recursivefilelookup", "mergeschema",
    "ignoremissingfiles", "ignorecorruptfiles"};

struct Setting {
    std::string name;   // As written; empty for the path.
    std::string value;
};

std::unexpected<Error> BadValue(const Setting &setting, const std::string &known) {
    return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The option `" + setting.name + "` is " + known + ", not '" + setting.value + "'.");
}

Result<bool> ParseBool(const Setting &setting) {
    std::string value = ToLower(setting.value);
    if (value == "true") return true;
    if (value == "false") return false;
    return BadValue(setting, "true or false");
}

// FAILFAST is what happens anyway. Spark's default, PERMISSIVE, makes rows of NULLs where a document cannot be read: whoever asks for it
// gets an error that says where the document is.
Result<bool> DropsMalformed(const Setting &setting) {
    std::string mode = ToLower(setting.value);
    if (mode == "failfast" || mode == "permissive") return false;
    if (mode == "dropmalformed") return true;
    return BadValue(setting, "FAILFAST, PERMISSIVE or DROPMALFORMED");
}

// DuckDB's name for the encoding; empty for UTF-8.
Result<std::string> EncodingOf(const Setting &setting) {
    std::string name = ToLower(setting.value);
    if (name == "utf-8" || name == "utf8" || name == "us-ascii") return "";
    if (name == "iso-8859-1" || name == "latin1" || name == "latin-1") return "latin-1";
    if (name == "utf-16" || name == "utf-16le") return "utf-16";
    return BadValue(setting, "UTF-8, ISO-8859-1 or UTF-16");
}

Result<SchemaEvolution> EvolutionOf(const Setting &setting) {
    std::string mode = ToLower(setting.value);
    if (mode == "addnewcolumns") return SchemaEvolution::kAddNewColumns;
    if (mode == "rescue") return SchemaEvolution::kRescue;
    if (mode == "none") return SchemaEvolution::kNone;
    return BadValue(setting, "addNewColumns, rescue or none");
}

Result<ReadFilesOptions> FromSettings(const std::vector<Setting> &settings, const std::string &reader = "read_files") {
    ReadFilesOptions options;
    bool renamed = false;
    for (const Setting &setting : settings) {
        std::string name = ToLower(setting.name);
        const std::string &value = setting.value;
        if (name.empty() || name == "path") options.path = value;
        else if (name == "format") options.format = ToLower(value);
        else if (name == "sep" || name == "delimiter") options.delimiter = value;
        else if (name == "quote") options.quote = value;
        else if (name == "escape") options.escape = value;
        else if (name == "nullvalue") options.null_value = value;
        else if (name == "wholetext") { TARN_TRY(options.whole_text, ParseBool(setting)); }
        else if (name == "schemahints") { TARN_TRY(options.schema_hints, sql::ParseSchema(value)); }
        else if (name == "header") { TARN_TRY(options.header, ParseBool(setting)); }
        else if (name == "allowoverwrites") { TARN_TRY(options.allow_overwrites, ParseBool(setting)); }
        else if (name == "inferschema" || name == "infercolumntypes") { TARN_TRY(options.infer_types, ParseBool(setting)); }
        else if (name == "mode") { TARN_TRY(options.drop_malformed, DropsMalformed(setting)); }
        else if (name == "encoding" || name == "charset") { TARN_TRY(options.encoding, EncodingOf(setting)); }
        else if (name == "schemaevolutionmode") { TARN_TRY(options.evolution, EvolutionOf(setting)); }
        else if (name == "rescueddatacolumn") {
            options.rescued_column = value;
            renamed = true;
        } else if (name == "schema") {
            TARN_TRY(std::vector<Field> fields, sql::ParseSchema(value));
            options.schema = DataType::Struct(std::move(fields));
        } else if (std::ranges::find(kIgnoredOptions, name) == std::end(kIgnoredOptions)) {
            return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                        reader + " has no option `" + setting.name + "`. Known: allowOverwrites, delimiter, encoding, escape, format, header, "
                        "inferSchema, mode, nullValue, path, quote, rescuedDataColumn, schema, schemaEvolutionMode, schemaHints, sep, wholeText.");
        }
    }
    if (options.path.empty()) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "read_files needs a path as its first argument.");
    }
    // As in Databricks: rescued data is for inferred schemas, unless it is asked for by name.
    if ((options.schema || options.evolution == SchemaEvolution::kNone) && !renamed) options.rescued_column.clear();
    return options;
}

std::unexpected<Error> NotConstant(const std::string &name) {
    return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                "The argument " + (name.empty() ? "`path`" : "`" + name + "`") + " of read_files must be a constant.");
}

}  // namespace

Result<ReadFilesOptions> ParseReadFilesOptions(const std::vector<sql::RenderedArgument> &args) {
    std::vector<Setting> settings;
    for (auto &arg : args) {
        if (!arg.constant) return NotConstant(arg.name);
        settings.push_back({arg.name, arg.constant->text});
    }
    return FromSettings(settings);
}

Result<ReadFilesOptions> ParseReadFilesOptions(const sql::TableFunction &function) {
    std::vector<Setting> settings;
    for (auto &arg : function.args) {
        auto *literal = arg.value->As<sql::Literal>();
        if (!literal) return NotConstant(arg.name);
        settings.push_back({arg.name, literal->text});
    }
    return FromSettings(settings);
}

Result<ReadFilesOptions> ParseCopyOptions(const std::string &path, const std::string &format, const sql::Properties &format_options) {
    std::vector<Setting> settings = {{"path", path}, {"format", format}};
    if (ToLower(format) == "csv") settings.push_back({"inferSchema", "false"});
    for (auto &[name, value] : format_options) settings.push_back({name, value});
    TARN_TRY(ReadFilesOptions options, FromSettings(settings, "COPY INTO"));
    options.rescued_column.clear();
    if (!options.header) options.header = false;
    if (options.delimiter.empty()) options.delimiter = ",";
    return options;
}

}  // namespace tarn::engine
