// SPDX-License-Identifier: MIT
// One walk over the form; what is no field goes out as it is.
#include "runtime/report.h"

#include "runtime/print.h"

namespace mstart::runtime {

void fill(Sink& out, const char* form, std::initializer_list<intptr_t> values) {
  const intptr_t* value = values.begin();
  for (; *form != 0; ++form) {
    if (*form == '$') {
      out.write(reinterpret_cast<const char*>(*value++));
    } else if (*form == '%' || *form == '@') {
      detail::Spec spec;
      if (*form == '@') spec.type = 'x', spec.precision = detail::Spec::kPrefix;
      detail::render_signed(out, static_cast<uint64_t>(*value++), spec);
    } else {
      out.write({form, 1});
    }
  }
}

void report(int fd, const char* form, std::initializer_list<intptr_t> values) {
  char buffer[255];
  Sink out(buffer);
  fill(out, form, values);
  detail::write_all(fd, out.text());
}

}  // namespace mstart::runtime
