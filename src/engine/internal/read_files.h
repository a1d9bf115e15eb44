// engine/internal/read_files.h: the table function read_files(path, format => …, option => …).
//
// Formats: mongo (MongoDB Extended JSON, flattened), json, csv, parquet, text (a row for each line), binaryfile.
// Option names are Databricks'.
#pragma once

#include <string>
#include <vector>

#include "engine/flow.h"
#include "engine/internal/scan_sources.h"
#include "sql/render.h"
#include "sql/statement.h"

namespace tarn::engine {

inline constexpr const char *kRescuedColumn = "_rescued_data";

// What becomes of fields that a stream's earlier files had not: a column, a part of the rescued data, nothing.
enum class SchemaEvolution : uint8_t { kAddNewColumns, kRescue, kNone };

struct ReadFilesOptions {
    std::string path;    // A file, a folder or a pattern with * ? [a-z] {a,b}.
    std::string format;  // Lower case; empty: by the files' names.
    std::optional<DataType> schema;        // `schema`: these columns and no others.
    std::vector<Field> schema_hints;       // `schemaHints`: these types for these columns.
    std::string delimiter;                 // csv: `sep`, `delimiter`
    std::optional<bool> header;            // csv
    std::string quote, escape, null_value; // csv
    bool infer_types = true;               // csv: else every column is STRING. `inferSchema`, `inferColumnTypes`
    bool drop_malformed = false;           // csv: leave out lines that cannot be read. `mode`
    std::string encoding;                  // csv: DuckDB's name of it; empty: UTF-8.
    bool whole_text = false;               // text: a row for each file.
    std::string rescued_column = kRescuedColumn;  // Empty: none. `rescuedDataColumn`
    SchemaEvolution evolution = SchemaEvolution::kAddNewColumns;  // json, mongo, in streams. `schemaEvolutionMode`
    bool allow_overwrites = false;         // Streams take in a file again when its size or time changed.
};

// Errors: INVALID_PARAMETER_VALUE for an argument that is not constant, or an option nobody knows.
Result<ReadFilesOptions> ParseReadFilesOptions(const std::vector<sql::RenderedArgument> &args);
// The same from the tree, for planning before anything is rendered.
Result<ReadFilesOptions> ParseReadFilesOptions(const sql::TableFunction &function);
// Of COPY INTO: as Spark's readers have them by default (no header, a comma, no types inferred for CSV).
Result<ReadFilesOptions> ParseCopyOptions(const std::string &path, const std::string &format, const sql::Properties &format_options);

// The files that `path` names, sorted by path. In a folder, all below it whose names start with neither '.' nor '_'.
// Errors: PATH_NOT_FOUND when the folder does not exist.
Result<std::vector<SourceFile>> ListSourceFiles(const std::string &path);

// A DuckDB FROM item. With `stream`, only its files are read and its schema grows.
// Errors: PATH_NOT_FOUND when no file matches; UNABLE_TO_INFER_SCHEMA; those of extjson.
Result<std::string> RenderReadFiles(const ReadFilesOptions &options, ScanSources::Lease &lease, StreamInputs::FileSet *stream);

}  // namespace tarn::engine
