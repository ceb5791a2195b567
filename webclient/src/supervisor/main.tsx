// The supervisors' page.
import "../ui/theme.css";
