/// placeholder
enum LogPlaceholder {}
