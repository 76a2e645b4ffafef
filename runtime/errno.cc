// SPDX-License-Identifier: MIT
// The texts of errors: strerror(3)'s, for the numbers that have a name in Errno and the others that
// files and sockets give. One string that is searched from its start: a table of addresses would be
// as long again, and in static-PIE have to be relocated.
#include "runtime/check.h"
#include "runtime/print.h"

namespace mstart::inline v0 {
namespace {

// The text of each number in turn; none for those that are left out.
constexpr char kMessages[] =
    /*   0 */
    "Success\0"
    /*   1 */
    "Operation not permitted\0"
    /*   2 */
    "No such file or directory\0"
    /*   3 */
    "No such process\0"
    /*   4 */
    "Interrupted system call\0"
    /*   5 */
    "Input/output error\0"
    /*   6 */
    "No such device or address\0"
    /*   7 */
    "Argument list too long\0"
    /*   8 */
    "Exec format error\0"
    /*   9 */
    "Bad file descriptor\0"
    /*  10 */
    "No child processes\0"
    /*  11 */
    "Resource temporarily unavailable\0"
    /*  12 */
    "Cannot allocate memory\0"
    /*  13 */
    "Permission denied\0"
    /*  14 */
    "Bad address\0"
    /*  15 */
    "Block device required\0"
    /*  16 */
    "Device or resource busy\0"
    /*  17 */
    "File exists\0"
    /*  18 */
    "Invalid cross-device link\0"
    /*  19 */
    "No such device\0"
    /*  20 */
    "Not a directory\0"
    /*  21 */
    "Is a directory\0"
    /*  22 */
    "Invalid argument\0"
    /*  23 */
    "Too many open files in system\0"
    /*  24 */
    "Too many open files\0"
    /*  25 */
    "Inappropriate ioctl for device\0"
    /*  26 */
    "Text file busy\0"
    /*  27 */
    "File too large\0"
    /*  28 */
    "No space left on device\0"
    /*  29 */
    "Illegal seek\0"
    /*  30 */
    "Read-only file system\0"
    /*  31 */
    "Too many links\0"
    /*  32 */
    "Broken pipe\0"
    /*  33 */
    "Numerical argument out of domain\0"
    /*  34 */
    "Numerical result out of range\0"
    /*  35 */
    "Resource deadlock avoided\0"
    /*  36 */
    "File name too long\0"
    /*  37 */
    "No locks available\0"
    /*  38 */
    "Function not implemented\0"
    /*  39 */
    "Directory not empty\0"
    /*  40 */
    "Too many levels of symbolic links\0"
    /*  41 */
    "\0"
    /*  42 */
    "No message of desired type\0"
    /*  43 */
    "Identifier removed\0"
    /*  44 */
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    /*  60 */
    "Device not a stream\0"
    /*  61 */
    "No data available\0"
    /*  62 */
    "Timer expired\0"
    /*  63 */
    "Out of streams resources\0"
    /*  64 */
    "\0\0\0"
    /*  67 */
    "Link has been severed\0"
    /*  68 */
    "\0\0\0"
    /*  71 */
    "Protocol error\0"
    /*  72 */
    "\0\0"
    /*  74 */
    "Bad message\0"
    /*  75 */
    "Value too large for defined data type\0"
    /*  76 */
    "\0\0\0\0\0\0\0\0"
    /*  84 */
    "Invalid or incomplete multibyte or wide character\0"
    /*  85 */
    "\0\0\0"
    /*  88 */
    "Socket operation on non-socket\0"
    /*  89 */
    "Destination address required\0"
    /*  90 */
    "Message too long\0"
    /*  91 */
    "Protocol wrong type for socket\0"
    /*  92 */
    "Protocol not available\0"
    /*  93 */
    "Protocol not supported\0"
    /*  94 */
    "Socket type not supported\0"
    /*  95 */
    "Operation not supported\0"
    /*  96 */
    "Protocol family not supported\0"
    /*  97 */
    "Address family not supported by protocol\0"
    /*  98 */
    "Address already in use\0"
    /*  99 */
    "Cannot assign requested address\0"
    /* 100 */
    "Network is down\0"
    /* 101 */
    "Network is unreachable\0"
    /* 102 */
    "Network dropped connection on reset\0"
    /* 103 */
    "Software caused connection abort\0"
    /* 104 */
    "Connection reset by peer\0"
    /* 105 */
    "No buffer space available\0"
    /* 106 */
    "Transport endpoint is already connected\0"
    /* 107 */
    "Transport endpoint is not connected\0"
    /* 108 */
    "Cannot send after transport endpoint shutdown\0"
    /* 109 */
    "\0"
    /* 110 */
    "Connection timed out\0"
    /* 111 */
    "Connection refused\0"
    /* 112 */
    "Host is down\0"
    /* 113 */
    "No route to host\0"
    /* 114 */
    "Operation already in progress\0"
    /* 115 */
    "Operation now in progress\0"
    /* 116 */
    "Stale file handle\0"
    /* 117 */
    "Structure needs cleaning\0"
    /* 118 */
    "\0\0\0"
    /* 121 */
    "Remote I/O error\0"
    /* 122 */
    "Disk quota exceeded\0"
    /* 123 */
    "No medium found\0"
    /* 124 */
    "\0"
    /* 125 */
    "Operation canceled\0"
    /* 126 */
    "\0\0\0\0"
    /* 130 */
    "Owner died\0"
    /* 131 */
    "State not recoverable\0"
    /* 132 */
    "\0"
    /* 133 */ "Memory page has hardware error\0";
constexpr int kLast = 133;
constexpr char kUnknown[] = "Unknown error";

}  // namespace

const char* message(Errno code) {
  const int number = static_cast<int>(code);
  if (number < 0 || number > kLast) return kUnknown;
  const char* text = kMessages;
  for (int before = number; before > 0; ++text) before -= *text == '\0';
  return *text != '\0' ? text : kUnknown;
}

void format_value(Sink& out, const Errno& code) {
  const char* const text = message(code);
  out.write(text);
  if (text == kUnknown) format_to(out, " {}", static_cast<int>(code));
}

void format_value(Sink& out, const Error& error) {
  out.write(error.call);
  if (*error.call != '\0') out.write(": ");
  format_value(out, error.code);
}

void detail::bad_result(Error error) {
  if (error.code == Errno{}) runtime::throw_error("Result: an error was expected, and there is none");
  char text[160] = {};
  format_to({text, sizeof text - 1}, "{}", error);
  runtime::throw_error(text);
}

}  // namespace mstart::inline v0
