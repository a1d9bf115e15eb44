// delta/internal/physical_field.h: a field by its name in files.
#pragma once

#include <algorithm>
#include <string_view>

#include "delta/schema.h"

namespace tarn::delta {

// nullptr: the type has no such field. Borrowed from `type`.
inline const Field *FieldByPhysicalName(const DataType &type, std::string_view name) {
    auto found = std::ranges::find_if(type.fields, [&](const Field &field) { return PhysicalName(field) == name; });
    return found == type.fields.end() ? nullptr : &*found;
}

}  // namespace tarn::delta
