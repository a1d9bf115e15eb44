// engine/internal/schema_guess.h: the columns of JSON files from a part of them.
//
// Looking at all of an export to name its columns costs half as much as reading it, and from an object store as many bytes again. A
// guess from pieces of it, first to last, is right for most; a reader that is told that it is one (ReadOptions::guessed_paths) stops
// where it might not be, and the caller infers from everything after all. So what is read to its end has the same schema either way.
// Threads: any.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/internal/json_scan.h"
#include "extjson/extjson.h"

namespace tarn::engine {

struct SchemaGuess {
    DataType schema;
    std::shared_ptr<const extjson::SchemaPaths> paths;
};

// nullopt: files too small for it to pay, compressed ones, documents that are not a line each, or values in other than the usual
// forms (canonical Extended JSON), on which its reader would stop. Cost: 2 MB read and parsed.
std::optional<SchemaGuess> GuessSchema(const std::vector<JsonFile> &files, const extjson::ReadOptions &options);

}  // namespace tarn::engine
