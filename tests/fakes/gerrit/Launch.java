import java.util.Arrays;

/** Starts a Gerrit program (Init, Daemon) whose `main` is an instance method: Launch NAME ARGUMENTS. */
public final class Launch {
    public static void main(String[] arguments) throws Exception {
        Class<?> program = Class.forName("com.google.gerrit.pgm." + arguments[0]);
        String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        Object instance = program.getDeclaredConstructor().newInstance();
        Object status = program.getMethod("main", String[].class).invoke(instance, (Object) rest);
        if (!((Integer) status).equals(0)) System.exit((Integer) status);
    }
}
