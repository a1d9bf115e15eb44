// engine/internal/object_source.h: files of read_files, wherever they lie, as extjson reads them.
#pragma once

#include "engine/internal/json_scan.h"
#include "extjson/extjson.h"

namespace tarn::engine {

extjson::InputFile InputOf(const JsonFile &file);

}  // namespace tarn::engine
